/**
 * Task-graph events as an agent run makes them: about 270 bytes each in MessagePack.
 *
 * Constraints: equal arguments give equal events in every process. Every value survives JSON too, so that all contenders store the same. Most
 * events have one of some fifteen shapes; one in a hundred has a payload like no other.
 */
import { Random } from "./random.mjs";
import { path, prose, word } from "./text.mjs";

/** @typedef {import("../engine.mjs").TaskGraphEvent} TaskGraphEvent */
/** @typedef {[type: TaskGraphEvent["type"], payload: Record<string, unknown>]} Happening */

const STARTED_AT = Date.UTC(2026, 0, 1);
const SEED = 270;

/** @type {readonly { name: string, args: (random: Random) => object, result: (random: Random) => object }[]} */
const TOOLS = [
  {
    name: "read_file",
    args: (random) => ({ path: path(random), offset: random.below(900), limit: 200 }),
    result: (random) => ({ lines: random.below(200), bytes: random.below(20_000), hash: random.hex(8) }),
  },
  {
    name: "grep",
    args: (random) => ({ pattern: word(random), path: path(random), ignoreCase: random.chance(0.5) }),
    result: (random) => ({ matches: random.below(80), first: path(random), truncated: random.chance(0.2) }),
  },
  {
    name: "run_command",
    args: (random) => ({ command: `npm run ${word(random)} -- ${path(random)}`, timeoutMs: 60_000 }),
    result: (random) => ({ exitCode: random.below(3), output: prose(random, 20 + random.below(60)) }),
  },
];

/**
 * The first `count` events of a run.
 *
 * @param {number} count
 * @param {number} [seed]
 * @returns {TaskGraphEvent[]}
 */
export function taskGraphEvents(count, seed = SEED) {
  const random = new Random(seed);
  /** @type {TaskGraphEvent[]} */
  const events = [];
  let time = STARTED_AT;
  let previousNode = random.uuid();
  while (events.length < count) {
    const nodeId = random.uuid();
    const correlationId = `turn-${random.hex(6)}`;
    for (const [type, payload] of lifeOfNode(random, nodeId, previousNode, new Date(time).toISOString())) {
      time += random.below(400);
      const timestamp = new Date(time).toISOString();
      const base = {
        id: random.uuid(),
        sequenceId: events.length + 1,
        eventVersion: 1,
        nodeId,
        type,
        timestamp,
      };
      events.push(type === "tool_call_started" ? { ...base, correlationId, payload } : { ...base, payload });
    }
    previousNode = nodeId;
  }
  return asIfParsed(events.slice(0, count));
}

/**
 * Events beyond those that were made: the same again and again, each with the `sequenceId` of its place.
 *
 * @param {readonly TaskGraphEvent[]} made
 * @param {number} from the first `sequenceId`
 * @param {number} end one more than the last
 */
export function* repeatedEvents(made, from, end) {
  for (let sequenceId = from; sequenceId < end; sequenceId += 1) {
    const event = made[(sequenceId - 1) % made.length];
    if (event) yield { ...event, sequenceId };
  }
}

/**
 * The same events with strings of their own: those that were put together or cut out refer to their parts until
 * somebody reads them, and the contender that does would pay for that.
 *
 * @param {TaskGraphEvent[]} events
 * @returns {TaskGraphEvent[]}
 */
function asIfParsed(events) {
  return events.map((event) => JSON.parse(JSON.stringify(event)));
}

/** @param {Random} random @param {string} nodeId @param {string} previousNode @param {string} now @returns {Happening[]} */
function lifeOfNode(random, nodeId, previousNode, now) {
  const tool = random.pick(TOOLS);
  const toolCallId = `call_${random.hex(8)}`;
  const node = {
    ...{ id: nodeId, type: "tool_call", title: `${tool.name} ${word(random)}`, status: "pending" },
    ...{ dependsOn: [previousNode], toolCallId, createdAt: now, updatedAt: now, lastAccessedAt: now },
  };
  const edge = { from: previousNode, to: nodeId, type: "depends_on" };
  /** @type {Happening[]} */
  const happenings = [["node_created", { node }]];
  if (random.chance(0.2)) happenings.push(["node_updated", { updateType: "edge_added", edge }]);
  if (random.chance(0.1)) happenings.push(["policy_decision", decision(random)]);
  if (random.chance(0.05)) happenings.push(["artifact_emitted", oddPayload(random, 0)]);
  if (random.chance(0.9)) happenings.push(["node_blocked", { status: "blocked" }]);
  happenings.push(["node_started", { status: "running" }]);
  happenings.push(["tool_call_started", { toolCallId, name: tool.name, arguments: tool.args(random) }]);
  return [...happenings, ...endOfCall(random, toolCallId, tool)];
}

/** @param {Random} random @param {string} toolCallId @param {typeof TOOLS[number]} tool @returns {Happening[]} */
function endOfCall(random, toolCallId, tool) {
  const durationMs = Math.round(random.next() * 90_000) / 100;
  if (random.chance(0.9)) {
    const result = tool.result(random);
    return [
      ["tool_call_finished", { toolCallId, success: true, durationMs, result }],
      ["node_completed", { status: "completed" }],
    ];
  }
  const error = { message: prose(random, 40), code: "ETOOL", recoverable: random.chance(0.5) };
  return [
    ["tool_call_finished", { toolCallId, success: false, durationMs, error }],
    ["node_failed", { status: "failed" }],
  ];
}

/** @param {Random} random */
function decision(random) {
  const rule = `${word(random)}/${word(random)}`;
  return { rule, allowed: random.chance(0.95), reason: random.chance(0.5) ? prose(random, 50) : null };
}

/** A payload with keys of its own, nested now and then. @param {Random} random @param {number} depth @returns {Record<string, unknown>} */
function oddPayload(random, depth) {
  const keys = Array.from({ length: 1 + random.below(6) }, () => `${word(random)}${random.below(50)}`);
  return Object.fromEntries(keys.map((key) => [key, oddValue(random, depth)]));
}

/** @param {Random} random @param {number} depth @returns {unknown} */
function oddValue(random, depth) {
  const kinds = [
    () => null,
    () => random.chance(0.5),
    () => random.below(1e9) - 5e8,
    () => random.next() * 1000,
    () => `${prose(random, random.below(60))} ✓ é 漢`,
    () => Array.from({ length: random.below(5) }, () => random.below(300)),
    () => (depth < 3 ? oddPayload(random, depth + 1) : {}),
  ];
  return random.pick(kinds)();
}
