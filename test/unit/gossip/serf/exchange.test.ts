import { describe, expect, test } from "bun:test";
import type { SerfState } from "../../../../src/gossip/messages.ts";
import { decodeSerf, encodeSerf } from "../../../../src/gossip/wire/serf.ts";
import { type SerfNode, SerfWorld, text } from "../../../support/gossip/serf-world.ts";

const state = (parts: Partial<SerfState> = {}): SerfState => ({
  type: "pushPull",
  ltime: 1,
  statusLTimes: new Map(),
  leftMembers: [],
  eventLTime: 1,
  events: [],
  queryLTime: 1,
  ...parts,
});
const merge = (node: SerfNode, parts: Partial<SerfState>, isJoin = false) =>
  node.serf.mergeState(encodeSerf(state(parts)), isJoin);

describe("Serf's part of the exchange of states", () => {
  test("tells the clocks, when something was last said of each member, who left, and the events that are kept", () => {
    const [a, b] = new SerfWorld().pool("a", "b", "c") as [SerfNode, SerfNode];
    a.hears({ type: "join", ltime: 4, node: "b" });
    a.hears({ type: "leave", ltime: 6, node: "c", prune: false });
    a.loses("c", "left");
    a.serf.userEvent("deploy", text("v1"), false);
    expect(decodeSerf(a.serf.localState())).toEqual(
      state({
        ltime: 7,
        statusLTimes: new Map([
          ["a", 0],
          ["b", 4],
          ["c", 6],
        ]),
        leftMembers: ["c"],
        eventLTime: 2,
        events: [{ ltime: 1, events: [{ name: "deploy", payload: text("v1") }] }],
      }),
    );
    expect(b.statusOf("c")).toBe("alive");
  });

  test("moves the clocks to those of the peer: nobody has used its present time", () => {
    const node = new SerfWorld().add("a");
    merge(node, { ltime: 41, eventLTime: 42, queryLTime: 43 });
    expect(node.serf.stats()).toMatchObject({ member_time: "41", event_time: "42", query_time: "43" });
  });

  test("who left at the peer leaves here, too: its intent came one after what is known of it", () => {
    const [a] = new SerfWorld().pool("a", "b") as [SerfNode];
    a.loses("b", "dead");
    expect(a.statusOf("b")).toBe("failed");
    merge(a, { ltime: 9, statusLTimes: new Map([["b", 5]]), leftMembers: ["b"] });
    expect(a.statusOf("b")).toBe("left");
    expect(a.waiting()).toEqual([]);
  });

  test("of one that is leaving the time before is told, so that a peer does not take its leave for known", () => {
    const [a, b] = new SerfWorld().pool("a", "b", "c") as [SerfNode, SerfNode];
    const leave = { type: "leave", ltime: 6, node: "c", prune: false } as const;
    a.hears(leave);
    expect((decodeSerf(a.serf.localState()) as SerfState).statusLTimes.get("c")).toBe(5);
    b.serf.mergeState(a.serf.localState(), false);
    b.hears(leave);
    expect([b.statusOf("c"), b.waiting()]).toEqual(["leaving", [leave]]);
  });

  test("that one who is there has left is told to all, so that it can say that it stays", () => {
    const [a] = new SerfWorld().pool("a", "b") as [SerfNode];
    merge(a, { ltime: 9, statusLTimes: new Map([["b", 5]]), leftMembers: ["b"] });
    expect(a.statusOf("b")).toBe("leaving");
    expect(a.waiting()).toEqual([{ type: "leave", ltime: 6, node: "b", prune: false }]);
  });

  test("a join that the peer does not know of is not undone by its old list", () => {
    const [a] = new SerfWorld().pool("a", "b") as [SerfNode];
    a.hears({ type: "join", ltime: 6, node: "b" });
    merge(a, { ltime: 6, statusLTimes: new Map([["b", 5]]), leftMembers: ["b"] });
    expect(a.statusOf("b")).toBe("alive");
  });

  test("one that left and said since that it joins is not in the list: its leave would be taken for newer", () => {
    const [a] = new SerfWorld().pool("a", "b") as [SerfNode];
    const left = () => (decodeSerf(a.serf.localState()) as SerfState).leftMembers;
    a.hears({ type: "leave", ltime: 5, node: "b", prune: false });
    a.loses("b", "left");
    expect(left()).toEqual(["b"]);
    a.hears({ type: "join", ltime: 6, node: "b" });
    expect(left()).toEqual([]);
    a.hears({ type: "leave", ltime: 7, node: "b", prune: false });
    expect(left()).toEqual(["b"]);
  });

  test("a member that the peer takes for gone says that it stays", () => {
    const [a] = new SerfWorld().pool("a", "b") as [SerfNode];
    merge(a, { ltime: 9, statusLTimes: new Map([["a", 7]]), leftMembers: ["a"] });
    expect(a.statusOf("a")).toBe("alive");
    expect(a.waiting()).toEqual([{ type: "join", ltime: 9, node: "a" }]);
  });

  test("intents in it are not passed on: whoever wants them exchanges states, too", () => {
    const [a] = new SerfWorld().pool("a", "b") as [SerfNode];
    merge(a, {
      ltime: 9,
      statusLTimes: new Map([
        ["b", 5],
        ["x", 3],
      ]),
    });
    expect(a.waiting()).toEqual([]);
  });

  const EVENTS = [{ ltime: 3, events: [{ name: "deploy", payload: text("v1") }] }];

  test("events that are not known are told, and not passed on", () => {
    const node = new SerfWorld().add("a");
    merge(node, { eventLTime: 4, events: EVENTS });
    merge(node, { eventLTime: 4, events: EVENTS });
    expect(node.events).toEqual(["join a", "user deploy v1"]);
    expect(node.waiting()).toEqual([]);
  });

  test("a join may leave out what was before it, and what comes after it is told", async () => {
    const world = new SerfWorld();
    const [a, b] = [world.add("a"), world.add("b")];
    b.serf.userEvent("deploy", text("v1"), false);
    await a.serf.join(b.swim.at, { ignoreOldEvents: true });
    b.serf.userEvent("deploy", text("v2"), false);
    await world.gossip();
    expect(a.events.filter((event) => event.startsWith("user"))).toEqual(["user deploy v2"]);
    merge(a, { eventLTime: 9, events: [{ ltime: 8, events: [{ name: "later", payload: text("") }] }] }, true);
    expect(a.events).toContain("user later ");
  });

  test("clocks that are not believed change nothing, and the rest of the pool goes on", () => {
    const [a] = new SerfWorld().pool("a", "b") as [SerfNode];
    merge(a, { ltime: 10, eventLTime: 10, queryLTime: 10 });
    const forged = Number.MAX_SAFE_INTEGER - 1;
    const events = [{ ltime: forged - 1, events: [{ name: "forged", payload: text("") }] }];
    const statusLTimes = new Map([["b", forged - 1]]);
    merge(a, { ltime: forged, eventLTime: forged, queryLTime: forged, statusLTimes, leftMembers: ["b"], events }, true);
    expect(a.serf.stats()).toMatchObject({ member_time: "10", event_time: "10", query_time: "10" });
    expect(a.statusOf("b")).toBe("alive");
    expect(a.events).toEqual(["join a", "join b"]);
  });

  test("a peer without Serf's layer, and one that sends anything else, changes nothing", () => {
    const node = new SerfWorld().add("a");
    node.serf.mergeState(new Uint8Array(0), true);
    node.serf.mergeState(text("nonsense"), true);
    node.serf.mergeState(encodeSerf({ type: "join", ltime: 99, node: "x" }), true);
    expect(node.serf.stats()).toMatchObject({ member_time: "1" });
  });
});
