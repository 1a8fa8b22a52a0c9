/** Compaction, verification and backup: watched, and stopped. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { StorageEngine } from "../../src/engine.js";
import type { LongCall, Progress } from "../../src/index.js";
import { digest, noise, utf8 } from "../support/bytes.js";
import { Scratch } from "../support/scratch.js";

const scratch = new Scratch();

/** A store with versions and events, some of them dead. */
function filled(): StorageEngine {
  const engine = scratch.open();
  for (let count = 0; count < 30; count++) {
    engine.saveCheckpointSync(`id ${count % 6}`, noise(count, 200_000));
    engine.appendEvents([noise(count, 10_000), utf8("small")], "log");
  }
  for (const id of ["id 0", "id 1", "id 2"]) engine.deleteCheckpointSync(id);
  engine.prune(40, "log");
  return engine;
}

/** What a store holds, with digests for bytes: comparing megabytes is slow. */
function contents(engine: StorageEngine): unknown {
  const versions = [...engine.checkpoints()].flatMap(({ id }) =>
    engine.checkpointHistory(id).map(({ version }) => {
      const data = engine.loadCheckpointSync(id, { version });
      return [id, version, data && digest(data)];
    }),
  );
  const events = Array.from(engine.replayEvents(0, { stream: "log" }), ({ data, ...facts }) => {
    return [facts, digest(data)];
  });
  return { versions, events };
}

function files(directory: string): unknown {
  return readdirSync(directory).map((name) => [name, digest(readFileSync(join(directory, name)))]);
}

it("a compaction gives back what is dead and keeps what is not", async () => {
  const engine = filled();
  const before = contents(engine);
  const report = await engine.compact();
  expect(report.bytesAfter).toBeLessThan(report.bytesBefore);
  expect(contents(engine)).toEqual(before);
});

it("a verification reads everything, with the store open and closed", async () => {
  const engine = filled();
  const expected = { ok: true, events: 21, checkpoints: 3, versions: 15, damage: [] };
  expect(await engine.verify()).toMatchObject(expected);
  await expect(StorageEngine.verify(scratch.path())).rejects.toMatchObject({
    code: "ERR_STORAGE_LOCKED",
    holderPid: process.pid,
    path: scratch.path(),
    message: expect.stringContaining("open in this process"),
  });
  await engine.close();
  const before = files(scratch.path());
  const report = await StorageEngine.verify(scratch.path());
  expect(report).toMatchObject(expected);
  expect(report.bytes).toBeGreaterThan(0);
  expect(files(scratch.path())).toEqual(before);
});

it("a verification names damage, and opening refuses it", async () => {
  const engine = filled();
  await engine.compact();
  await engine.close();
  const pack = readdirSync(scratch.path()).find((name) => name.endsWith(".pack"));
  const path = join(scratch.path(), `${pack}`);
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
  writeFileSync(path, bytes);
  const report = await StorageEngine.verify(scratch.path());
  expect(report.ok).toBe(false);
  expect(report.damage).toContainEqual({ path, offset: expect.any(Number), what: expect.any(String) });
  const damaged = scratch.open();
  const loads = ["id 3", "id 4", "id 5"].flatMap((id) =>
    damaged.checkpointHistory(id).map(({ version }) => damaged.loadCheckpoint(id, { version })),
  );
  const failed = (await Promise.allSettled(loads)).filter(({ status }) => status === "rejected");
  expect(failed.length).toBeGreaterThan(0);
  for (const load of failed) {
    expect(load).toMatchObject({ reason: { code: "ERR_STORAGE_CORRUPT", path, offset: expect.any(Number) } });
  }
});

it("a backup is a store of its own, made while writing goes on", async () => {
  const engine = filled();
  const before = contents(engine);
  const copying = engine.backup(scratch.path("copy"));
  engine.appendEvent(utf8("meanwhile"), "log");
  await copying;
  const copy = scratch.open({}, scratch.path("copy"));
  expect(copy.lastSequence("log")).toBeGreaterThanOrEqual(60);
  expect(copy.prune(1, "log")).toBe(0);
  if (copy.lastSequence("log") === 60) expect(contents(copy)).toEqual(before);
  copy.appendEvent(utf8("its own"), "log");
  mkdirSync(scratch.path("other"));
  writeFileSync(scratch.path("other/file"), "mine");
  for (const target of ["copy", "other"]) {
    const refused = await engine.backup(scratch.path(target)).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: "ERR_STORAGE_NOT_A_STORE",
      path: scratch.path(target),
      message: expect.stringContaining("empty directory"),
    });
  }
});

// A flush or merge that leaves out what became dead after the moment that the copy shows: it holds the rows, without what they name.
it("a backup is whole while versions are dropped, events pruned and files merged", async () => {
  const engine = scratch.open({ historyLimit: 1 });
  let goesOn = true;
  const save = async (id: string) => {
    for (let count = 0; goesOn; count++) await engine.saveCheckpoint(id, noise(count, 200_000));
  };
  const compact = async () => {
    while (goesOn) await engine.compact();
  };
  const working = [save("first"), save("second"), compact()];
  try {
    for (let count = 0; count < 40; count++) {
      const copy = scratch.path(`copy-${count}`);
      await engine.backup(copy);
      expect((await StorageEngine.verify(copy)).damage).toEqual([]);
      rmSync(copy, { recursive: true });
    }
  } finally {
    goesOn = false;
    await Promise.all(working);
  }
});

// A backup into the store that it copies, which would wait for its own lock or copy itself.
it("a backup is refused its own store", async () => {
  const engine = filled();
  for (const target of [scratch.path(), scratch.path("store/below/deep")]) {
    await expect(engine.backup(target)).rejects.toMatchObject({
      code: "ERR_STORAGE_INVALID_ARGUMENT",
      message: expect.stringContaining("its own store"),
    });
  }
  expect(readdirSync(scratch.path())).not.toContain("below");
});

const calls: [string, (engine: StorageEngine, options: LongCall) => Promise<unknown>][] = [
  ["compact", (engine, options) => engine.compact(options)],
  ["verify", (engine, options) => engine.verify(options)],
  ["backup", (engine, options) => engine.backup(scratch.path("copy"), options)],
];

describe.each(calls)("%s", (name, call) => {
  it("tells how far it is, the end included, and nothing afterwards", async () => {
    const engine = filled();
    const told: Progress[] = [];
    await call(engine, { onProgress: (progress) => told.push(progress) });
    const count = told.length;
    expect(count).toBeGreaterThan(0);
    expect(told.at(-1)).toMatchObject({ unit: "bytes", done: told.at(-1)?.total });
    const dones = told.map(({ done }) => done);
    expect(dones).toEqual([...dones].sort((left, right) => left - right));
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.length).toBe(count);
  });

  it("does not begin where the signal is aborted already", async () => {
    const reason = new Error("not now");
    const rejected = await call(filled(), { signal: AbortSignal.abort(reason) }).catch(
      (error: unknown) => error,
    );
    expect(rejected).toBe(reason);
  });

  it("rejects with the signal's reason and leaves the store sound", async () => {
    const engine = filled();
    const before = contents(engine);
    const stop = new AbortController();
    const reason = { why: "any value" };
    const running = call(engine, { signal: stop.signal }).then(
      () => "done before it noticed",
      (error: unknown) => error,
    );
    stop.abort(reason);
    expect([reason, "done before it noticed"]).toContain(await running);
    expect(contents(engine)).toEqual(before);
    expect(await engine.verify()).toMatchObject({ ok: true });
    engine.appendEvent(utf8("goes on"), "log");
  });

  // A call that has so little to do that it never looks whether it was aborted.
  it.skipIf(name === "backup")("heeds an abort where there is next to nothing to do", async () => {
    const engine = scratch.open();
    const reason = new Error("enough");
    for (let round = 0; round < 3; round++) {
      const stop = new AbortController();
      const running = call(engine, { signal: stop.signal }).catch((error: unknown) => error);
      stop.abort(reason);
      expect(await running).toBe(reason);
      await call(engine, {});
    }
  });

  it("ends with what its progress callback throws", async () => {
    const thrown = new Error("from the callback");
    const rejected = call(filled(), {
      onProgress: () => {
        throw thrown;
      },
    });
    await expect(rejected).rejects.toBe(thrown);
  });
});
