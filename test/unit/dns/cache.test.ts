import { describe, expect, test } from "bun:test";
import { WireCache } from "../../../src/dns/cache.ts";
import { FakeSource } from "../../support/dns/fake-source.ts";
import { ManualClock, seededRandom } from "../../support/dns/world.ts";

const TOPICS = new Set(["service/web"]);
const wire = (byte: number) => new Uint8Array(100).fill(byte);

function world(bytesMax = 1_000_000) {
  const source = new FakeSource([]);
  const clock = new ManualClock();
  return { source, clock, cache: new WireCache(source, clock, seededRandom(3), bytesMax) };
}

function change(source: FakeSource, name = "web"): void {
  source.register({ Node: "n", Address: "10.0.0.1", Service: { Service: name } });
}

describe("dns: wire cache", () => {
  test("an answer that does not rotate is kept as it is until its topic changes", () => {
    const { source, clock, cache } = world();
    cache.put("k", wire(1), TOPICS, false);
    clock.advance(3_600_000);
    for (let i = 0; i < 1000; i++) expect(cache.get("k")).toEqual(wire(1));
    change(source, "other");
    expect(cache.get("k")).toBeDefined();
    change(source);
    expect(cache.get("k")).toBeUndefined();
  });

  test("a rotating answer is made several times, and each shuffle again after its uses or its age", () => {
    const { clock, cache } = world();
    let made = 0;
    const seen = new Set<number>();
    const ask = () => {
      let got = cache.get("k");
      if (got === undefined) {
        got = wire(++made);
        cache.put("k", got, TOPICS, true);
      }
      seen.add(got[0] ?? 0);
    };
    for (let i = 0; i < 200; i++) ask();
    expect(made).toBe(8);
    expect(seen.size).toBe(8);
    for (let i = 0; i < 2000; i++) ask();
    expect(made).toBeGreaterThan(24);
    const before = made;
    clock.advance(1000);
    for (let i = 0; i < 60; i++) ask();
    expect(made).toBe(before + 8);
  });

  test("nothing stays subscribed to for an entry that is gone", () => {
    const { source, cache } = world();
    cache.put("k", wire(1), TOPICS, true);
    cache.put("k", wire(2), TOPICS, true);
    expect(source.listenerCount).toBe(1);
    change(source);
    expect(source.listenerCount).toBe(0);
    cache.put("k", wire(1), TOPICS, true);
    cache.clear();
    expect(source.listenerCount).toBe(0);
    expect(cache.bytes).toBe(0);
  });

  test("the bytes stay under the limit, and an entry in use outlives those that are not", () => {
    const { source, cache } = world(10_000);
    cache.put("hot", wire(1), TOPICS, false);
    for (let i = 0; i < 1000; i++) {
      cache.put(`k${i}`, wire(2), TOPICS, false);
      expect(cache.get("hot")).toBeDefined();
      expect(cache.bytes).toBeLessThanOrEqual(10_000);
    }
    expect(cache.get("k0")).toBeUndefined();
    expect(source.listenerCount).toBeLessThan(20);
  });
});
