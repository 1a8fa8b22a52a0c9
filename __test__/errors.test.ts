/** What a storage error looks like to those who catch it. */
import { describe, expect, it } from "vitest";
import { MalformedError } from "../src/codec/index.js";
import { StorageError } from "../src/errors.js";
import { ioError } from "../src/io-error.js";

describe("a storage error", () => {
  it("has the fields it was given and no others", () => {
    const error = new StorageError("ERR_STORAGE_LOCKED", "held", { holderPid: 7 });
    expect(error).toBeInstanceOf(Error);
    expect(`${error}`).toBe("StorageError: held");
    expect({ ...error }).toStrictEqual({ code: "ERR_STORAGE_LOCKED", holderPid: 7 });
    expect("cause" in error).toBe(false);
  });

  it("keeps a zero, an empty text and its cause", () => {
    const cause = new Error("before");
    const error = new StorageError("ERR_STORAGE_CORRUPT", "damaged", { offset: 0, property: "", cause });
    expect(error).toMatchObject({ offset: 0, property: "", cause });
  });

  it("of the decoder's is one of these, too", () => {
    const error = new MalformedError("no value", 3);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ name: "MalformedError", code: "ERR_STORAGE_CORRUPT", offset: 3 });
  });

  it("of the operating system carries what that said", () => {
    const cause = Object.assign(new Error("EIO: i/o error"), { code: "EIO", errno: -5, syscall: "read" });
    const fields = { code: "ERR_STORAGE_IO", path: "/d/f", errno: -5, syscall: "read", cause };
    expect(ioError(cause, "/d/f")).toMatchObject(fields);
    expect(ioError("odd", "/d/f")).toMatchObject({ code: "ERR_STORAGE_IO", message: "odd", path: "/d/f" });
  });
});
