import { describe, expect, test } from "bun:test";
import { decodeSerf, encodeSerf } from "../../../../../src/gossip/wire/serf.ts";
import { SERF_TYPE } from "../../../../../src/gossip/wire/types.ts";
import { frame } from "../../../../support/gossip/frames.ts";
import { type Plain, plainMsgpack } from "../../../../support/gossip/plain-msgpack.ts";

const message = (type: keyof typeof SERF_TYPE, fields: Plain) =>
  Buffer.concat([Buffer.of(SERF_TYPE[type]), plainMsgpack(fields)]);

describe("what a real serf sent", () => {
  test("a user event is the same, byte for byte", () => {
    const event = { type: "userEvent", ltime: 3, name: "ev1", payload: Buffer.from("pay"), coalesce: true } as const;
    expect(decodeSerf(frame("user event").subarray(1))).toEqual({ ...event, payload: new Uint8Array(event.payload) });
    expect(encodeSerf(event)).toEqual(frame("user event").subarray(1));
  });

  test("a leave intent is the same, byte for byte", () => {
    const bytes = frame("leave intent with checksum").subarray(6);
    expect(decodeSerf(bytes)).toEqual({ type: "leave", ltime: 70, node: "bun-cap-18551", prune: false });
    expect(encodeSerf(decodeSerf(bytes))).toEqual(bytes);
  });

  test("a join intent is the same, byte for byte", () => {
    const frameBytes = frame("alive and join intent in a compound with checksum");
    const bytes = frameBytes.subarray(frameBytes.length - 28);
    expect(decodeSerf(bytes)).toEqual({ type: "join", ltime: 69, node: "bun-cap-18551" });
    expect(encodeSerf(decodeSerf(bytes))).toEqual(bytes);
  });
});

test("the oldest members know neither prune nor coalescing: missing fields are zero", () => {
  expect(decodeSerf(message("leave", { Node: "a", LTime: 2 }))).toMatchObject({ prune: false });
  expect(decodeSerf(message("userEvent", { Name: "a", LTime: 2 }))).toMatchObject({ coalesce: false });
});

describe("what is refused", () => {
  test("Lamport times that would leave no room to count on", () => {
    const bytes = Buffer.concat([Buffer.of(SERF_TYPE.join), plainMsgpack({ LTime: 2n ** 63n, Node: "a" })]);
    expect(() => decodeSerf(bytes)).toThrow("more than 53 bits");
  });
});
