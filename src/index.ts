/**
 * Embedded storage for AI agents: an append-only event log and delta-compressed checkpoints.
 *
 * @packageDocumentation
 */
export { isNativeAvailable } from "./binding.js";
