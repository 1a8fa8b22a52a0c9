/**
 * Figures as people read them.
 */

/** @param {number} nanoseconds */
export function time(nanoseconds) {
  if (nanoseconds < 1e3) return `${Math.round(nanoseconds)} ns`;
  if (nanoseconds < 1e6) return `${digits(nanoseconds / 1e3)} µs`;
  if (nanoseconds < 1e9) return `${digits(nanoseconds / 1e6)} ms`;
  return `${digits(nanoseconds / 1e9)} s`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (Math.abs(bytes) < 1e3) return `${Math.round(bytes)} B`;
  if (Math.abs(bytes) < 1e6) return `${digits(bytes / 1e3)} kB`;
  return Math.abs(bytes) < 1e9 ? `${digits(bytes / 1e6)} MB` : `${digits(bytes / 1e9)} GB`;
}

/** @type {Record<import("../measure/figures.mjs").Unit, (value: number) => string>} */
const UNITS = {
  ms: (value) => time(value * 1e6),
  bytes: size,
  count: (value) => String(Math.round(value)),
  "per second": (value) => `${Math.round(value)} /s`,
  ratio: (value) => `${digits(value)} ×`,
};

/** @param {import("../measure/figures.mjs").Unit} unit @param {number} value */
export function amount(unit, value) {
  return UNITS[unit](value);
}

/** Three digits that count. @param {number} value */
function digits(value) {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}
