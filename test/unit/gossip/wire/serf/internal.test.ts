import { describe, expect, test } from "bun:test";
import { decodeSerf, encodeSerf } from "../../../../../src/gossip/wire/serf.ts";
import { SERF_TYPE } from "../../../../../src/gossip/wire/types.ts";
import { type Plain, plainMsgpack } from "../../../../support/gossip/plain-msgpack.ts";

const message = (type: keyof typeof SERF_TYPE, fields: Plain) =>
  Buffer.concat([Buffer.of(SERF_TYPE[type]), plainMsgpack(fields)]);

test("a peer that doesn't know a member answers nil", () => {
  expect(decodeSerf(message("conflictResponse", null))).toMatchObject({
    member: { name: "", at: { address: "", port: 0 }, tags: {}, status: 0 },
  });
});

describe("orders about keys", () => {
  test("have the key as bytes", () => {
    const order = encodeSerf({ type: "keyRequest", key: Uint8Array.of(1, 2, 3) });
    expect(Buffer.from(order).toHex()).toBe(message("keyRequest", { Key: Uint8Array.of(1, 2, 3) }).toHex());
  });

  test("are answered with the keys as texts, or nil for none", () => {
    const answer = { type: "keyResponse", result: false, message: "no", keys: [], primaryKey: "" } as const;
    const fields = { Keys: null, Message: "no", PrimaryKey: "", Result: false };
    expect(Buffer.from(encodeSerf(answer)).toHex()).toBe(message("keyResponse", fields).toHex());
    expect(decodeSerf(message("keyResponse", { ...fields, Keys: ["a", "b"] }))).toMatchObject({ keys: ["a", "b"] });
  });
});
