/**
 * The few shapes that the plots are made of, as text.
 */

/** @param {string} text */
export function escapeMarkup(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

/** @param {string} label what it shows, for those who do not see it @param {number} width @param {number} height @param {readonly string[]} shapes */
export function svg(label, width, height, shapes) {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(label)}">${shapes.join("")}</svg>`;
}

/** @param {number} x @param {number} y @param {string} content @param {"start" | "middle" | "end"} [anchor] */
export function text(x, y, content, anchor = "start") {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeMarkup(content)}</text>`;
}

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {string} color @param {string} title */
export function bar(x, y, width, height, color, title) {
  const place = `x="${round(x)}" y="${round(y)}" width="${round(Math.max(1, width))}" height="${height}"`;
  return `<rect ${place} fill="${color}"><title>${escapeMarkup(title)}</title></rect>`;
}

/** @param {readonly (readonly [number, number])[]} points @param {string} color */
export function line(points, color) {
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
  return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`;
}

/** @param {number} x @param {number} y @param {string} color @param {string} title */
export function dot(x, y, color, title) {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="4" fill="${color}"><title>${escapeMarkup(title)}</title></circle>`;
}

/** A thin line of a grid. @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
export function rule(x1, y1, x2, y2) {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="var(--line)"/>`;
}

/** A logarithmic scale. @param {number} low @param {number} high @param {number} from @param {number} to */
export function logarithmic(low, high, from, to) {
  const [first, last] = [Math.log10(low), Math.log10(high)];
  return (/** @type {number} */ value) =>
    from + ((Math.log10(value) - first) / (last - first || 1)) * (to - from);
}

/** The powers of ten that enclose values. @param {readonly number[]} values @returns {number[]} */
export function decades(values) {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return [1, 10];
  const first = Math.floor(Math.log10(Math.min(...positive)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...positive))));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
