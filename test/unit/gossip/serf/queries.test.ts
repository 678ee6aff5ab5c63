import { describe, expect, test } from "bun:test";
import type { QueryFilter, QueryMessage } from "../../../../src/gossip/messages.ts";
import { encodeSerf } from "../../../../src/gossip/wire/serf.ts";
import { HOUR_MS, SerfWorld, text, words } from "../../../support/gossip/serf-world.ts";

/** A question as from a member that the world doesn't have. */
function question(parts: Partial<QueryMessage> = {}): QueryMessage {
  return {
    type: "query",
    ltime: 5,
    id: 1,
    at: { address: "10.0.0.1", port: 8301 },
    sourceNode: "a",
    filters: [],
    wantsAck: false,
    noBroadcast: false,
    relayFactor: 0,
    timeoutMs: 1000,
    name: "uptime",
    payload: text(""),
    ...parts,
  };
}

describe("queries (Serf 0.9)", () => {
  test("all members hear it, also who asks, and their answers come back", async () => {
    const world = new SerfWorld();
    const nodes = world.pool("a", "b", "c");
    const [a] = nodes as [(typeof nodes)[number]];
    const heard: string[] = [];
    const over = a.serf.query("uptime", text("now?"), {
      wantsAck: true,
      onAck: (from) => heard.push(`ack ${from}`),
      onResponse: (from, payload) => heard.push(`${from} ${words(payload)}`),
    });
    await world.gossip();
    for (const { queries, name } of nodes) expect(queries[0]?.respond(text(`up ${name}`))).toBe(true);
    await world.pass(10);
    expect(heard.sort()).toEqual(["a up a", "ack a", "ack b", "ack c", "b up b", "c up c"]);
    await world.pass(world.clock.pendingMs.at(-1) ?? 0);
    await over;
  });

  test("lasts 16 gossip intervals for each power of ten in the pool's size, when nothing else is said", async () => {
    const world = new SerfWorld();
    const [a] = world.pool(...Array.from({ length: 12 }, (_, i) => `n${i}`));
    let isOver = false;
    a?.serf.query("uptime", text("")).then(() => {
      isOver = true;
    });
    await world.pass(200 * 16 * 2 - 1);
    expect(isOver).toBe(false);
    await world.pass(1);
    expect(isOver).toBe(true);
  });

  const meant = (filters: readonly QueryFilter[]) => {
    const world = new SerfWorld();
    const node = world.add("b", { tags: { role: "web", dc: "east" } });
    node.hears(question({ filters, wantsAck: false }));
    return { isMeant: node.queries.length === 1, isPassedOn: node.waiting().length === 1 };
  };

  test("who is not meant passes it on all the same", () => {
    expect(meant([{ kind: "nodes", names: ["a", "c"] }])).toEqual({ isMeant: false, isPassedOn: true });
    expect(meant([{ kind: "nodes", names: ["b"] }])).toEqual({ isMeant: true, isPassedOn: true });
  });

  test("all filters must fit; a tag that is not there is an empty text; the expression need not fit the whole value", () => {
    const tag = (name: string, expression: string) => ({ kind: "tag", tag: name, expression }) as const;
    expect(meant([tag("role", "eb")]).isMeant).toBe(true);
    expect(meant([tag("role", "^eb")]).isMeant).toBe(false);
    expect(meant([tag("role", "web"), tag("dc", "west")]).isMeant).toBe(false);
    expect(meant([tag("none", "^$")]).isMeant).toBe(true);
    expect(meant([{ kind: "nodes", names: ["b"] }, tag("dc", "east")]).isMeant).toBe(true);
  });

  test("nobody is meant by a filter that is not known, and it is passed on as it came", () => {
    const world = new SerfWorld();
    const node = world.add("b");
    const bytes = encodeSerf(question({ filters: [undefined] }));
    node.serf.onUserMessage(bytes, node.swim.at);
    expect(node.queries).toHaveLength(0);
    expect(node.serf.broadcasts(2, 1000)[0]?.subarray(1)).toEqual(bytes);
  });

  test("is heard and passed on once, whoever brings it", () => {
    const node = new SerfWorld().add("b");
    node.hears(question());
    node.hears(question());
    node.hears(question({ id: 2 }));
    expect(node.queries).toHaveLength(2);
    expect(node.serf.stats()).toMatchObject({ query_queue: "2", query_time: "6" });
  });

  test("one that is not to be passed on is not", () => {
    const node = new SerfWorld().add("b");
    node.hears(question({ noBroadcast: true }));
    expect(node.queries).toHaveLength(1);
    expect(node.waiting()).toEqual([]);
  });

  test("an old one, and one with a time that is not believed, is not heard", () => {
    const node = new SerfWorld().add("b");
    node.hears(question({ ltime: 600 }));
    node.hears(question({ ltime: 80, id: 2 }));
    node.hears(question({ ltime: Number.MAX_SAFE_INTEGER, id: 3 }));
    expect(node.queries).toHaveLength(1);
    expect(node.serf.stats().query_time).toBe("601");
  });

  test("a flood with one time is cut at 256", () => {
    const node = new SerfWorld().add("b");
    for (let id = 0; id < 1000; id++) node.hears(question({ id }));
    expect(node.queries).toHaveLength(256);
  });

  test("the encoded query has 1024 bytes at most (Serf's text)", async () => {
    const node = new SerfWorld().add("a");
    await expect(node.serf.query("uptime", new Uint8Array(1000))).rejects.toThrow("query exceeds limit of 1024 bytes");
    expect(node.serf.stats()).toMatchObject({ query_time: "1", query_queue: "0" });
  });

  test("256 wait at the same time, and the next is refused", async () => {
    const world = new SerfWorld();
    const node = world.add("a");
    const waiting = Array.from({ length: 256 }, () => node.serf.query("uptime", text("")));
    await expect(node.serf.query("uptime", text(""))).rejects.toThrow("256 queries are open already");
    await world.pass(HOUR_MS);
    await Promise.all(waiting);
  });
});
