import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Append, Message, SnapshotChunk } from "../../../src/raft/core/messages.ts";
import type { Entry } from "../../../src/raft/types.ts";
import { decodeMessage, encodeMessage } from "../../../src/rpc/raft-message.ts";
import { anyMessage } from "../../support/rpc/messages.ts";

const FROM = "11111111-aaaa-bbbb-cccc-000000000001";
const TO = "22222222-aaaa-bbbb-cccc-000000000002";
const base = { from: FROM, to: TO, term: 3 };

const decode = (message: Message, bytes: Buffer) => decodeMessage(message.type, bytes, FROM, TO);

function append(entries: Entry[], prevIndex = 10): Append {
  return { type: "append", ...base, prevIndex, prevTerm: 2, entries, commit: 9 };
}

function chunk(change: Partial<SnapshotChunk> = {}): SnapshotChunk {
  const configuration = { index: 4, configuration: { servers: [{ id: FROM, address: "h:8300", voter: true }] } };
  const snapshot = { index: 5, term: 2, configuration, bytes: 100, sha256: "ab".repeat(32) };
  return { type: "snapshotChunk", ...base, snapshot, offset: 90, data: new Uint8Array(10).fill(7), ...change };
}

describe("messages of Raft", () => {
  test("of every type come back as they were", () => {
    fc.assert(
      fc.property(anyMessage(FROM, TO), (message) => {
        expect(decode(message, encodeMessage(message))).toEqual(message);
      }),
      { numRuns: 2000 },
    );
  });

  test("say neither who sends them nor to whom: that is the link's", () => {
    const bytes = encodeMessage({ type: "heartbeat", ...base, commit: 123_456, round: 70_000 });
    expect(bytes.includes(FROM)).toBe(false);
    expect(bytes.length).toBeLessThanOrEqual(8);
    expect(decodeMessage("heartbeat", bytes, "a", "b")).toMatchObject({ from: "a", to: "b" });
  });

  test("never carry what the process knows of an entry beyond its data", () => {
    const entry: Entry = { index: 11, term: 3, type: "command", data: '{"a":1}', command: { secret: "hunter2" } };
    const message = append([entry]);
    const bytes = encodeMessage(message);
    expect(bytes.includes("hunter2")).toBe(false);
    expect(decode(message, bytes)).toEqual(append([{ index: 11, term: 3, type: "command", data: '{"a":1}' }]));
  });

  test("a hundred entries cost two bytes each beside their data", () => {
    const data = "x".repeat(300);
    const entries = Array.from({ length: 100 }, (_, at): Entry => ({ index: 11 + at, term: 3, type: "command", data }));
    expect(encodeMessage(append(entries)).length).toBeLessThan(100 * (300 + 2) + 20);
  });

  test("keep the memory of a chunk apart from the frame's", () => {
    const bytes = encodeMessage(chunk());
    const back = decode(chunk(), bytes);
    bytes.fill(0);
    expect(back).toEqual(chunk());
  });

  test("with entries that don't follow the one before are a programmer's error", () => {
    const entry: Entry = { index: 12, term: 3, type: "noop", data: "" };
    expect(() => encodeMessage(append([entry]))).toThrow("assertion failed");
  });
});

describe("bytes are no message", () => {
  test("when one is missing or too many", () => {
    fc.assert(
      fc.property(anyMessage(FROM, TO), fc.nat(), (message, cut) => {
        const bytes = encodeMessage(message);
        // What ends with a text or with bytes is as long as the frame says: other checks find those.
        if (message.type === "append" || message.type === "snapshotChunk") return;
        expect(decode(message, bytes.subarray(0, cut % bytes.length))).toBeUndefined();
        expect(decode(message, Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined();
      }),
    );
  });

  test("when the entries' lengths are not those of the text", () => {
    const message = append([{ index: 11, term: 3, type: "command", data: "abc" }]);
    const bytes = encodeMessage(message);
    expect(decode(message, bytes.subarray(0, bytes.length - 1))).toBeUndefined();
    expect(decode(message, Buffer.concat([bytes, Buffer.from("d")]))).toBeUndefined();
  });

  test.each<[string, number[]]>([
    ["more entries than there are bytes", [3, 10, 2, 9, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ["a run of no entries", [3, 10, 2, 9, 1, 0, 3, 1, 0]],
    ["a run of more entries than there are", [3, 10, 2, 9, 1, 2, 3, 1, 0]],
    ["an unknown type of entry", [3, 10, 2, 9, 1, 1, 3, 9, 0]],
    ["indexes beyond 2^53", [3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 2, 9, 1, 1, 3, 1, 0]],
    ["data that is not UTF-8", [3, 10, 2, 9, 1, 1, 3, 1, 1, 0xff]],
  ])("when an append has %s", (_, bytes) => {
    expect(decodeMessage("append", Buffer.from(bytes), FROM, TO)).toBeUndefined();
  });

  test("when a chunk lies beyond its snapshot, or a configuration is newer than it", () => {
    const beyond = chunk({ offset: 91 });
    expect(decode(beyond, encodeMessage(beyond))).toBeUndefined();
    const newer = chunk();
    newer.snapshot = { ...newer.snapshot, index: 3 };
    expect(decode(newer, encodeMessage(newer))).toBeUndefined();
  });
});
