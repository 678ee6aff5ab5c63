import { beforeEach, describe, expect, test } from "bun:test";
import { Router } from "../../../../src/agent/router/router.ts";
import type { RoutedServer } from "../../../../src/agent/router/server-list.ts";
import { Refusal } from "../../../../src/lib/refusal.ts";
import { AnswerLost, NotSent } from "../../../../src/rpc/errors.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";

let clock: ManualClock;
let router: Router;
/** Node ids of the servers that were called. */
let calls: string[];
/** What servers do, by node id; by default they answer with their id. */
let behaviours: Record<string, (timeoutMs: number, signal?: AbortSignal) => Promise<unknown>>;

beforeEach(() => {
  clock = new ManualClock();
  calls = [];
  behaviours = {};
  router = new Router({
    datacenter: "dc1",
    callers: {
      call: async ({ nodeId }, _method, _argument, { timeoutMs, signal }) => {
        calls.push(nodeId);
        return (await behaviours[nodeId]?.(timeoutMs, signal)) ?? nodeId;
      },
    },
    clock,
    random: { uuid: () => "uuid", float: () => 0.5 },
    clusterSize: () => 3,
    holdMs: () => 7000,
  });
});

const server = (nodeId: string, distanceMs: number): RoutedServer => ({
  ...{ nodeId, name: nodeId, datacenter: "dc1", address: `${nodeId}:8300`, distanceMs },
});
const three = [server("a", 1), server("b", 20), server("c", 80)];
const notSent = () => Promise.reject(new NotSent("connection refused"));
const lost = () => Promise.reject(new AnswerLost("the other end closed it"));

const call = (datacenter = "dc1", options: { isSafe?: boolean; signal?: AbortSignal; timeoutMs?: number } = {}) =>
  router.call(datacenter, "m", 1, { timeoutMs: 60_000, isSafe: false, ...options });

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const { message, status, outcome } = (await failureOf(promise)) as Refusal;
  return `${status} ${outcome} ${message}`;
}

async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50) {
    await settle();
    clock.advance(50);
  }
  await settle();
}

describe("a call goes", () => {
  test("to the first server of the datacenter, however its name is written", async () => {
    router.setServers("dc1", three);
    router.setServers("dc2", [server("x", 5)]);
    expect([await call(), await call("DC2")]).toEqual(["a", "x"]);
  });

  test("to the next server when it was certainly not executed at one, and the next calls too", async () => {
    router.setServers("dc1", three);
    behaviours = { a: notSent };
    expect([await call(), await call()]).toEqual(["b", "b"]);
    expect(calls).toEqual(["a", "b", "b"]);
  });

  test("to no other server when it may have been executed, unless that is safe", async () => {
    router.setServers("dc1", three);
    behaviours = { a: lost };
    expect(await refusalOf(call())).toBe("500 unknown rpc error making call: the other end closed it");
    expect(calls).toEqual(["a"]);
    expect(await call("dc1", { isSafe: true })).toBe("b");
    expect(calls).toEqual(["a", "a", "b"]);
  });

  test("nowhere else when a server refuses it", async () => {
    router.setServers("dc1", three);
    behaviours = { a: () => Promise.reject(new Refusal("Permission denied", 403)) };
    expect(await refusalOf(call("dc1", { isSafe: true }))).toBe("403 undefined Permission denied");
    expect(calls).toEqual(["a"]);
  });

  test("again to all servers of the own datacenter for a while, until one can be reached", async () => {
    router.setServers("dc1", three);
    behaviours = { a: notSent, b: notSent, c: notSent };
    const result = call();
    await pass(5000);
    expect(calls.length).toBeGreaterThan(15);
    expect(calls.length).toBeLessThan(40);
    behaviours = {};
    await pass(1000);
    expect(await result).toBeOneOf(["a", "b", "c"]);
  });

  test("for no longer than is configured, counted from when it first failed", async () => {
    router.setServers("dc1", [server("a", 1)]);
    let isLate = false;
    const { promise, reject } = Promise.withResolvers<never>();
    behaviours = { a: () => (isLate ? notSent() : promise) };
    const result = refusalOf(call("dc1", { isSafe: true, timeoutMs: 600_000 }));
    await pass(60_000);
    isLate = true;
    reject(new AnswerLost("the other end closed it"));
    await pass(6500);
    expect(calls.length).toBeGreaterThan(3);
    await pass(1000);
    expect(await result).toBe("500 refused rpc error getting client: connection refused");
  });

  test("nowhere when all servers fail and the pool then says that they are gone, and the reason is that of the last one", async () => {
    router.setServers("dc1", three);
    behaviours = { a: notSent, b: notSent, c: notSent };
    const result = refusalOf(call());
    await pass(1000);
    router.setServers("dc1", []);
    await pass(7000);
    expect(await result).toBe("500 refused rpc error getting client: connection refused");
  });

  test("only once to each server of another datacenter", async () => {
    router.setServers("dc2", three);
    behaviours = { a: notSent, b: notSent, c: notSent };
    expect(await refusalOf(call("dc2"))).toBe("500 refused rpc error getting client: connection refused");
    expect(calls).toEqual(["a", "b", "c"]);
  });

  test("nowhere any more when nobody waits for it", async () => {
    router.setServers("dc1", three);
    behaviours = { a: notSent, b: notSent, c: notSent };
    const controller = new AbortController();
    const result = refusalOf(call("dc1", { signal: controller.signal }));
    await pass(200);
    const before = calls.length;
    controller.abort();
    expect(await result).toContain("connection refused");
    expect(calls.length).toBe(before);
    expect(clock.pendingMs.length).toBe(1);
  });

  test("with what is left of its time, and nowhere when nothing is left", async () => {
    router.setServers("dc1", three);
    const left: number[] = [];
    const slow = (timeoutMs: number) => {
      left.push(timeoutMs);
      clock.advance(400);
      return lost();
    };
    behaviours = { a: slow, b: slow, c: slow };
    expect(await refusalOf(call("dc1", { isSafe: true, timeoutMs: 700 }))).toContain("the other end closed it");
    expect(left).toEqual([700, 300]);
  });
});

describe("Consul's words (1.8.7)", () => {
  test("for a datacenter that nobody knows", async () => {
    expect(await refusalOf(call("nope"))).toBe("500 undefined No path to datacenter");
    router.setServers("dc2", three);
    router.forget("DC2");
    expect(await refusalOf(call("dc2"))).toBe("500 undefined No path to datacenter");
  });

  test("for one whose servers have all failed", async () => {
    router.setServers("dc2", []);
    expect(await refusalOf(call("dc2"))).toBe("500 refused Remote DC has no server currently reachable");
  });

  test("for the own one when no server of it is known", async () => {
    expect(await refusalOf(call())).toBe("500 refused No known Consul servers");
    router.setServers("dc1", []);
    expect(await refusalOf(call())).toBe("500 refused No known Consul servers");
  });
});

test("where all servers are Consul's the words say why nobody can be asked", async () => {
  const why = "speak Consul's own protocol, which this agent does not";
  router.setForeign(["DC2", "dc1"]);
  expect(await refusalOf(call("dc2"))).toBe(`500 undefined No path to datacenter: its servers ${why}`);
  expect(await refusalOf(call())).toBe(`500 refused No known Consul servers: those of this pool ${why}`);
  router.setForeign([]);
  expect(await refusalOf(call("dc2"))).toBe("500 undefined No path to datacenter");
});

describe("a datacenter that is cut off", () => {
  test("takes no more than its share of what may wait, and nothing from the others", async () => {
    router.setServers("dc1", [server("a", 1)]);
    router.setServers("dc2", [server("x", 1)]);
    const { promise, reject } = Promise.withResolvers<never>();
    behaviours = { x: () => promise };
    const waiting = Array.from({ length: 2048 }, () => refusalOf(call("dc2")));
    await settle();
    expect(await refusalOf(call("dc2"))).toBe('500 refused 2048 requests to datacenter "dc2" wait for answers already');
    expect(await call()).toBe("a");
    reject(new AnswerLost("nothing was heard"));
    await Promise.all(waiting);
    behaviours = {};
    expect(await call("dc2")).toBe("x");
  });
});

describe("the list of datacenters", () => {
  test("has the own one first, and then the nearest by the median of their servers' distances (Consul)", () => {
    router.setServers("dc4", [{ ...server("s", 1), distanceMs: undefined }]);
    router.setServers("dc3", [server("x", 30), server("y", 10), server("z", 900)]);
    router.setServers("dc2", [server("v", 20), server("w", 25)]);
    router.setServers("dc5", []);
    expect(router.datacenters()).toEqual(["dc1", "dc2", "dc3", "dc4", "dc5"]);
    router.setServers("dc1", three);
    expect(router.datacenters()[0]).toBe("dc1");
    expect(router.servers("DC3").map(({ nodeId }) => nodeId)[0]).toBe("y");
    expect(router.servers("nope")).toEqual([]);
  });
});

describe("the order of the servers", () => {
  test("is made anew every two to three minutes, until the agent stops", async () => {
    router.setServers("dc1", three);
    behaviours = { a: notSent };
    await call();
    expect(router.servers("dc1").map(({ nodeId }) => nodeId)).toEqual(["b", "c", "a"]);
    clock.advance(149_000);
    expect(router.servers("dc1")[0]?.nodeId).toBe("b");
    clock.advance(2000);
    expect(router.servers("dc1").map(({ nodeId }) => nodeId)).toEqual(["a", "b", "c"]);
    router.close();
    expect(clock.pendingMs).toEqual([]);
  });
});
