import { describe, expect, test } from "bun:test";
import { Keyring } from "../../../../src/gossip/wire/keyring.ts";

const key = (byte: number, length = 16) => new Uint8Array(length).fill(byte);
const [a, b, c] = [key(1), key(2, 24), key(3, 32)];

describe("orders (texts of serf 0.9.4)", () => {
  test("adding leaves the primary, and again changes nothing", () => {
    const ring = new Keyring([a]);
    ring.add(b);
    ring.add(c);
    ring.add(b);
    expect(ring.keys()).toEqual([a, b, c]);
    expect(ring.primary).toEqual(a);
  });

  test("using moves the key to the front; one that is not there is refused", () => {
    const ring = new Keyring([a, b, c]);
    ring.use(c);
    expect(ring.keys()).toEqual([c, a, b]);
    ring.use(c);
    expect(ring.keys()).toEqual([c, a, b]);
    expect(() => ring.use(key(9))).toThrow("Requested key is not in the keyring");
  });

  test("removing the primary is refused; removing one that is not there does nothing", () => {
    const ring = new Keyring([a, b, c]);
    ring.remove(b);
    ring.remove(key(9));
    expect(ring.keys()).toEqual([a, c]);
    expect(() => ring.remove(a)).toThrow("Removing the primary key is not allowed");
  });

  test("a key has 16, 24 or 32 bytes", () => {
    for (const length of [0, 3, 15, 17, 33]) {
      expect(() => new Keyring([a]).add(key(1, length))).toThrow("key size must be 16, 24 or 32 bytes");
    }
  });

  test("keys of other lengths that begin alike are other keys", () => {
    const ring = new Keyring([key(1, 16), key(1, 32)]);
    expect(ring.keys()).toHaveLength(2);
  });
});

test("a ring without keys has no primary, and nothing to remove or use", () => {
  const ring = new Keyring();
  expect([ring.isEmpty, ring.primary, ring.keys()]).toEqual([true, undefined, []]);
  ring.remove(a);
  expect(() => ring.use(a)).toThrow("not in the keyring");
});

test("a ring takes a limited number of keys and then says what to do", () => {
  const ring = new Keyring(Array.from({ length: 64 }, (_, i) => key(i)));
  expect(() => ring.add(key(99))).toThrow("remove one first");
  ring.add(key(5));
  ring.remove(key(5));
  ring.add(key(99));
  expect(ring.keys()).toHaveLength(64);
});

test("keys are the ring's own: whoever gave one may reuse its memory", () => {
  const mine = key(1);
  const ring = new Keyring([mine]);
  mine.fill(0);
  expect(ring.primary).toEqual(a);
});

test("keys don't show when a ring is printed or logged", () => {
  const ring = new Keyring([Buffer.from("very secret key!")]);
  for (const text of [Bun.inspect(ring), JSON.stringify({ ring }), String(ring)]) {
    expect(text).not.toMatch(/secret|118|dmVyeSBzZWNyZXQga2V5IQ/);
  }
});
