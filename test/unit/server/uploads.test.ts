import { expect, test } from "bun:test";
import { PART_BYTES, partsOf, Uploads } from "../../../src/server/uploads.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const bytes = Uint8Array.from({ length: 2 * PART_BYTES + 5 }, (_, at) => at % 251);

test("what was cut in parts is whole again with the last one", () => {
  const clock = new ManualClock();
  const uploads = new Uploads(clock);
  const parts = [...partsOf("u", bytes)];
  expect(parts.map(({ data }) => data.length)).toEqual([PART_BYTES, PART_BYTES, 5]);
  const results = parts.map((part) => uploads.take(part));
  expect(results.slice(0, 2)).toEqual([undefined, undefined]);
  expect(Buffer.compare(results[2] as Uint8Array, bytes)).toBe(0);
  expect(clock.pendingMs).toEqual([]);
});

test("nothing is one part, too", () => {
  const [part] = [...partsOf("u", new Uint8Array())];
  expect(part && new Uploads(new ManualClock()).take(part)).toEqual(new Uint8Array());
});

test("a part that is missing ends the upload", () => {
  const uploads = new Uploads(new ManualClock());
  const [first, , third] = [...partsOf("u", bytes)];
  if (first === undefined || third === undefined) throw new Error("parts");
  uploads.take(first);
  expect(() => uploads.take(third)).toThrow("missing");
  expect(() => uploads.take(third)).toThrow("not known here");
});

test("an upload that nobody goes on with is dropped, and there are few at a time", () => {
  const clock = new ManualClock();
  const uploads = new Uploads(clock);
  const first = (id: string) => {
    const [part] = [...partsOf(id, bytes)];
    if (part !== undefined) uploads.take(part);
  };
  first("a");
  first("b");
  expect(() => first("c")).toThrow("other uploads are under way");
  clock.advance(60_000);
  first("c");
});

test("more than an archive may be is refused before it comes", () => {
  const part = { id: "u", offset: 0, totalBytes: 2 ** 40, data: new Uint8Array(1) };
  expect(() => new Uploads(new ManualClock()).take(part)).toThrow("more than");
});
