/** What lies on disk is standard MessagePack: decoders of other makers read it, without this package's codec. */
import { join } from "node:path";
import { decode, ExtensionCodec } from "@msgpack/msgpack";
import { Unpackr } from "msgpackr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NativeCheckpointStorage } from "../src/compat/checkpoints/native-checkpoint-storage.js";
import { NativeTaskGraphEventLog } from "../src/compat/task-graph/native-task-graph-event-log.js";
import { StorageEngine } from "../src/engine.js";
import { summaryOf } from "../src/stored/meta.js";
import { newDirectory } from "./support/directories.js";
import { checkpoint, event } from "./support/runtime-shapes.js";

const rootDir = newDirectory();
const given = checkpoint("a", { metadata: { at: new Date(1_700_000_000_123), big: 2 ** 40, text: "漢字" } });
const appended = event(7, "", { list: [1.5, -1, null, true], nested: { deep: { deeper: [] } } });
let engine: StorageEngine;

beforeAll(async () => {
  const storage = new NativeCheckpointStorage({ rootDir });
  const log = new NativeTaskGraphEventLog({ rootDir });
  await storage.save(given);
  log.append(appended);
  await Promise.all([storage.close(), log.close()]);
  engine = StorageEngine.openSync(join(rootDir, "engine"));
});
afterAll(() => engine.close());

const unpackr = new Unpackr({ useRecords: false, int64AsType: "number" });
const decoders: [string, (bytes: Uint8Array) => unknown][] = [
  ["@msgpack/msgpack", (bytes) => decode(bytes)],
  ["msgpackr", (bytes) => unpackr.unpack(bytes)],
];

describe.each(decoders)("%s reads", (_name, read) => {
  it("a checkpoint", () => {
    expect(read(engine.loadCheckpointSync("a") ?? Buffer.alloc(0))).toEqual(given);
  });

  it("its meta", () => {
    const [info] = engine.checkpointHistory("a");
    const { id: _id, ...fields } = summaryOf(given);
    expect(read(info?.meta ?? Buffer.alloc(0))).toEqual(fields);
    expect(info).toMatchObject({ lineage: given.agentId, time: given.createdAt });
  });

  it("an event", () => {
    const [stored] = [...engine.replayEvents(0, { stream: "task-graph" })];
    expect(read(stored?.data ?? Buffer.alloc(0))).toEqual(appended);
  });
});

it("a lone surrogate is an extension, never invalid UTF-8", async () => {
  const storage = new NativeCheckpointStorage({ rootDir });
  await storage.save(checkpoint("odd", { task: "a\ud800" }));
  const extensionCodec = new ExtensionCodec();
  const asText = (data: Uint8Array): string => Buffer.from(data).toString("utf16le");
  extensionCodec.register({ type: 1, encode: () => null, decode: asText });
  const bytes = engine.loadCheckpointSync("odd") ?? Buffer.alloc(0);
  expect(decode(bytes, { extensionCodec })).toMatchObject({ task: "a\ud800" });
  await storage.close();
});
