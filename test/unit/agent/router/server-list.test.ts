import { beforeEach, describe, expect, test } from "bun:test";
import { type RoutedServer, rebalanceDelayMs, ServerList } from "../../../../src/agent/router/server-list.ts";
import { seeded } from "../../../e2e/harness/random.ts";

let nowMs: number;

beforeEach(() => {
  nowMs = 1_000_000;
});

const server = (nodeId: string, distanceMs?: number): RoutedServer => ({
  ...{ nodeId, name: `name-${nodeId}`, datacenter: "dc1", address: `${nodeId}:8300`, distanceMs },
});

function list(seed: number, ...servers: RoutedServer[]): ServerList {
  const made = new ServerList(seeded(seed), () => nowMs);
  made.set(servers);
  return made;
}

const names = (of: ServerList) => of.servers.map(({ nodeId }) => nodeId).join(" ");
const SEEDS = Array.from({ length: 3000 }, (_, seed) => seed + 1);

describe("servers of unknown distance", () => {
  test("are asked in an order of chance, each first equally often", () => {
    const firsts = SEEDS.map((seed) => names(list(seed, server("a"), server("b"), server("c")))[0]);
    for (const name of ["a", "b", "c"]) {
      const count = firsts.filter((first) => first === name).length;
      expect(count).toBeGreaterThan(900);
      expect(count).toBeLessThan(1100);
    }
  });
});

describe("servers of known distance", () => {
  test("are asked nearest first, and those of unknown distance last", () => {
    for (const seed of SEEDS.slice(0, 50)) {
      expect(names(list(seed, server("c", 80), server("x"), server("a", 1), server("b", 20)))).toBe("a b c x");
    }
  });

  test("share the load when they are about as near", () => {
    const firsts = new Set(SEEDS.map((seed) => names(list(seed, server("a", 0.3), server("b", 4), server("c", 30)))));
    expect([...firsts].sort()).toEqual(["a b c", "b a c"]);
    const far = new Set(SEEDS.map((seed) => names(list(seed, server("a", 100), server("b", 140), server("c", 160)))));
    expect([...far].sort()).toEqual(["a b c", "b a c"]);
  });
});

describe("a server that failed", () => {
  test("is asked after all others", () => {
    const of = list(1, server("a", 1), server("b", 20), server("c", 80));
    of.failed("a");
    expect(names(of)).toBe("b c a");
    of.failed("b");
    of.failed("nobody");
    expect(names(of)).toBe("c a b");
  });

  test("stays there for half a minute, whatever is put in order anew, and comes back then", () => {
    const of = list(1, server("a", 1), server("b", 20), server("c", 80));
    of.failed("a");
    nowMs += 29_000;
    of.rebalance();
    expect(names(of)).toBe("b c a");
    nowMs += 2000;
    of.rebalance();
    expect(names(of)).toBe("a b c");
  });

  test("is a good one when it was away meanwhile", () => {
    const of = list(1, server("a", 1), server("b", 20));
    of.failed("a");
    of.set([server("b", 20)]);
    of.set([server("b", 20), server("a", 1)]);
    of.rebalance();
    expect(names(of)).toBe("a b");
  });
});

describe("when the servers change", () => {
  test("those that stay keep their places, and new ones come after: connections are not moved without need", () => {
    const of = list(1, server("b", 20), server("c", 80));
    nowMs += 10_000;
    of.set([server("a", 1), server("c", 80), server("b", 20)]);
    expect(names(of)).toBe("b c a");
    of.rebalance();
    expect(names(of)).toBe("a b c");
  });

  test("those that become known one by one at the beginning share the load, too", () => {
    const all = [server("a"), server("b"), server("c")];
    const firsts = SEEDS.map((seed) => {
      const of = list(seed, server("a"));
      for (const known of [all.slice(0, 2), all]) of.set(known);
      return names(of)[0];
    });
    for (const name of ["a", "b", "c"]) {
      const count = firsts.filter((first) => first === name).length;
      expect(count).toBeGreaterThan(900);
      expect(count).toBeLessThan(1100);
    }
  });

  test("what is known of them is what was said last", () => {
    const of = list(1, server("a"));
    of.set([{ ...server("a"), address: "elsewhere:8300" }]);
    expect(of.servers[0]?.address).toBe("elsewhere:8300");
    of.set([]);
    expect(of.servers).toEqual([]);
  });
});

test("an agent stays with a server for two to three minutes, longer when 64 agents a second would move (Consul)", () => {
  expect([0, 0.5, 0.999].map((random) => Math.round(rebalanceDelayMs(100, 3, random) / 1000))).toEqual([120, 150, 180]);
  expect(rebalanceDelayMs(100_000, 3, 0)).toBeCloseTo((100_000 / (64 * 3)) * 1000);
  expect(rebalanceDelayMs(100, 0, 0)).toBe(120_000);
});
