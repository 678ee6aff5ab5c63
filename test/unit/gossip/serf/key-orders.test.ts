import { describe, expect, test } from "bun:test";
import type { KeyResponse } from "../../../../src/gossip/messages.ts";
import { answerKeyOrder } from "../../../../src/gossip/serf/key-orders.ts";
import { KEY_QUERY } from "../../../../src/gossip/serf/query-names.ts";
import { decodeSerf, encodeSerf } from "../../../../src/gossip/wire/serf.ts";
import { MemoryKeys, text } from "../../../support/gossip/serf-world.ts";
import { silentLogger } from "../../../support/silent.ts";

const A = "a".repeat(16);
const B = "b".repeat(16);
const base64 = (key: string) => Buffer.from(key).toString("base64");

/** The answer of a member to an order, of which `room` bytes are taken. */
async function answer(
  name: string,
  keyring: MemoryKeys | undefined,
  key: Uint8Array = text(""),
  room = 900,
): Promise<KeyResponse | undefined> {
  let response: KeyResponse | undefined;
  const query = {
    name,
    payload: encodeSerf({ type: "keyRequest", key }),
    sourceNode: "x",
    respond: (payload: Uint8Array) => {
      if (payload.length > room) return false;
      response = decodeSerf(payload) as KeyResponse;
      return true;
    },
  };
  await answerKeyOrder(query, { keyring, log: silentLogger });
  return response;
}

describe("orders about this member's keys (Serf's internal queries)", () => {
  test("a key is installed, used and removed, and each time the ring is stored before it is said", async () => {
    const keys = new MemoryKeys(A);
    expect(await answer(KEY_QUERY.install, keys, text(B))).toMatchObject({ result: true, message: "" });
    expect([keys.list, keys.stores]).toEqual([[A, B], 1]);
    expect(await answer(KEY_QUERY.use, keys, text(B))).toMatchObject({ result: true });
    expect([keys.list, keys.stores]).toEqual([[B, A], 2]);
    expect(await answer(KEY_QUERY.remove, keys, text(A))).toMatchObject({ result: true });
    expect([keys.list, keys.stores]).toEqual([[B], 3]);
  });

  test("what the ring refuses is said in its words, and nothing is stored", async () => {
    const keys = new MemoryKeys(A);
    expect(await answer(KEY_QUERY.use, keys, text(B))).toMatchObject({
      result: false,
      message: "Requested key is not in the keyring",
    });
    expect(await answer(KEY_QUERY.remove, keys, text(A))).toMatchObject({
      result: false,
      message: "Removing the primary key is not allowed",
    });
    expect(await answer(KEY_QUERY.install, keys, text("short"))).toMatchObject({
      result: false,
      message: "key size must be 16, 24 or 32 bytes",
    });
    expect(keys.stores).toBe(0);
  });

  test("a ring that can't be stored is no success", async () => {
    const keys = new MemoryKeys(A);
    keys.failure = new Error("no space left on device");
    expect(await answer(KEY_QUERY.install, keys, text(B))).toMatchObject({
      result: false,
      message: "no space left on device",
    });
  });

  test("without encryption there are no keys (texts of Serf 0.9.4)", async () => {
    expect(await answer(KEY_QUERY.list, undefined)).toMatchObject({
      result: false,
      message: "Keyring is empty (encryption not enabled)",
    });
    expect(await answer(KEY_QUERY.install, undefined, text(A))).toMatchObject({
      result: false,
      message: "No keyring to modify (encryption not enabled)",
    });
  });

  test("the list has all keys in base64 and says which is the primary", async () => {
    expect(await answer(KEY_QUERY.list, new MemoryKeys(B, A))).toMatchObject({
      result: true,
      message: "",
      keys: [base64(B), base64(A)],
      primaryKey: base64(B),
    });
  });

  test("a list that fits no answer is cut and says so", async () => {
    const many = Array.from({ length: 30 }, (_, i) => String(i).padStart(16, "k"));
    const response = await answer(KEY_QUERY.list, new MemoryKeys(...many), text(""), 400);
    const shown = response?.keys.length ?? 0;
    expect(shown).toBeGreaterThan(5);
    expect(shown).toBeLessThan(30);
    expect(response?.message).toBe(`truncated key list response, showing first ${shown} of 30 keys`);
    expect(response?.result).toBe(true);
  });

  test("an order that can't be read is answered with a failure, and one that is not known not at all", async () => {
    let response: KeyResponse | undefined;
    const query = {
      name: KEY_QUERY.install,
      payload: text("\u0007garbage"),
      sourceNode: "x",
      respond: (payload: Uint8Array) => {
        response = decodeSerf(payload) as KeyResponse;
        return true;
      },
    };
    await answerKeyOrder(query, { keyring: new MemoryKeys(A), log: silentLogger });
    expect(response).toMatchObject({ result: false });
    expect(await answer("_serf_other", new MemoryKeys(A))).toBeUndefined();
  });
});
