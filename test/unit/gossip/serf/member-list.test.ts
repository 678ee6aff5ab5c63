import { describe, expect, test } from "bun:test";
import { OWN_VERSIONS } from "../../../../src/gossip/messages.ts";
import { LamportClock } from "../../../../src/gossip/serf/lamport-clock.ts";
import { MemberList } from "../../../../src/gossip/serf/member-list.ts";
import type { SwimMember } from "../../../../src/gossip/swim/delegate.ts";
import { encodeTags } from "../../../../src/gossip/wire/tags.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { silentLogger, silentMeter } from "../../../support/silent.ts";

const PRUNE_DELAY_MS = 6000;

function rig() {
  const clock = new ManualClock();
  const lamport = new LamportClock();
  const events: string[] = [];
  const forgotten: string[] = [];
  const members = new MemberList({
    name: "self",
    lamport,
    clock,
    log: silentLogger,
    meter: silentMeter,
    pruneDelayMs: PRUNE_DELAY_MS,
    onEvent: ({ kind, member }) => events.push(`${kind} ${member.name} ${member.status}`),
    onForgotten: (name) => forgotten.push(name),
  });
  const status = (name: string) => members.get(name)?.status;
  return { clock, lamport, events, forgotten, members, status };
}

const swim = (name: string, parts: Partial<SwimMember> = {}): SwimMember => ({
  name,
  at: { address: "10.0.0.1", port: 8301 },
  meta: encodeTags({ role: "node" }),
  versions: OWN_VERSIONS,
  incarnation: 1,
  state: "alive",
  changedMs: 0,
  ...parts,
});
const dead = (name: string) => swim(name, { state: "dead" });
const leave = (node: string, ltime: number, prune = false) => ({ node, ltime, prune });
const join = (node: string, ltime: number) => ({ node, ltime });

describe("members and their intents (Serf 0.9)", () => {
  test("a member joins with the tags in its meta", () => {
    const { members, events } = rig();
    members.joined(swim("a"));
    expect(members.get("a")).toMatchObject({ name: "a", status: "alive", tags: { role: "node" } });
    expect(events).toEqual(["join a alive"]);
  });

  test("one that falls silent has failed; one that said that it goes has left", () => {
    const { members, status, events } = rig();
    members.joined(swim("a"));
    members.joined(swim("b"));
    expect(members.leaveIntent(leave("b", 5))).toBe("new");
    expect(status("b")).toBe("leaving");
    members.gone(dead("a"));
    members.gone(dead("b"));
    expect([status("a"), status("b")]).toEqual(["failed", "left"]);
    expect(events.slice(2)).toEqual(["failed a failed", "leave b left"]);
  });

  test("one of which the membership knows that it left has left, also when its intent was lost", () => {
    const { members, status } = rig();
    members.joined(swim("a"));
    members.gone(swim("a", { state: "left" }));
    expect(status("a")).toBe("left");
  });

  test("a leave intent about a failed member makes it a left one: that is force-leave", () => {
    const { members, status, events } = rig();
    members.joined(swim("a"));
    members.gone(dead("a"));
    expect(members.leaveIntent(leave("a", 5))).toBe("new");
    expect(status("a")).toBe("left");
    expect(events.at(-1)).toBe("leave a left");
    expect(members.count("failed")).toBe(0);
    expect(members.count("left")).toBe(1);
  });

  test("an intent that is not newer than what is known is neither heeded nor passed on", () => {
    const { members, status } = rig();
    members.joined(swim("a"));
    expect(members.joinIntent(join("a", 7))).toBe("new");
    expect(members.joinIntent(join("a", 7))).toBe("old");
    expect(members.leaveIntent(leave("a", 7))).toBe("old");
    expect(status("a")).toBe("alive");
  });

  test("a newer join takes the leaving back", () => {
    const { members, status } = rig();
    members.joined(swim("a"));
    members.leaveIntent(leave("a", 7));
    members.joinIntent(join("a", 8));
    expect(status("a")).toBe("alive");
  });

  test("two leave intents about a left member are each passed on once, never for ever (Consul issue 8179)", () => {
    const { members } = rig();
    members.joined(swim("a"));
    members.gone(dead("a"));
    members.leaveIntent(leave("a", 5));
    expect(members.leaveIntent(leave("a", 6))).toBe("new");
    expect(members.leaveIntent(leave("a", 6))).toBe("old");
    expect(members.leaveIntent(leave("a", 5))).toBe("old");
  });

  test("this member contradicts that it leaves, unless it does", () => {
    const { members, status } = rig();
    members.joined(swim("self"));
    expect(members.leaveIntent(leave("self", 9))).toBe("refute");
    expect(status("self")).toBe("alive");
    members.isLeaving = true;
    expect(members.leaveIntent(leave("self", 9))).toBe("new");
    expect(status("self")).toBe("leaving");
  });

  test("it contradicts one with the time of its own join, too: others take of the two what they hear first", () => {
    const { members } = rig();
    members.joined(swim("self"));
    members.joinIntent(join("self", 9));
    expect(members.leaveIntent(leave("self", 9))).toBe("refute");
    expect(members.leaveIntent(leave("self", 8))).toBe("old");
  });

  test("an intent that comes before its member waits for it", () => {
    const { members, status } = rig();
    expect(members.leaveIntent(leave("a", 5))).toBe("new");
    expect(members.leaveIntent(leave("a", 5))).toBe("old");
    members.joined(swim("a"));
    expect(status("a")).toBe("leaving");
    expect(members.joinIntent(join("a", 5))).toBe("old");
    expect(members.joinIntent(join("a", 6))).toBe("new");
    expect(status("a")).toBe("alive");
  });

  test("every intent moves the clock", () => {
    const { members, lamport } = rig();
    members.joinIntent(join("nobody", 41));
    expect(lamport.time).toBe(42);
  });

  test("an intent with a time that is not believed changes nothing", () => {
    const { members, status, lamport } = rig();
    members.joined(swim("a"));
    members.joinIntent(join("a", 1));
    expect(members.leaveIntent(leave("a", Number.MAX_SAFE_INTEGER))).toBe("old");
    expect(members.joinIntent(join("a", Number.MAX_SAFE_INTEGER))).toBe("old");
    expect(status("a")).toBe("alive");
    expect(lamport.time).toBe(2);
  });

  test("a member that comes back, also with another address, joins again", () => {
    const { members, status, events } = rig();
    members.joined(swim("a"));
    members.gone(dead("a"));
    members.joined(swim("a", { at: { address: "10.0.0.9", port: 8301 } }));
    expect(status("a")).toBe("alive");
    expect(members.get("a")?.at.address).toBe("10.0.0.9");
    expect(members.count("failed")).toBe(0);
    expect(events).toEqual(["join a alive", "failed a failed", "join a alive"]);
  });

  test("other tags are an update; of a member that is not known nothing is taken", () => {
    const { members, events } = rig();
    members.joined(swim("a"));
    members.updated(swim("a", { meta: encodeTags({ role: "db" }) }));
    members.updated(swim("b"));
    members.gone(dead("b"));
    expect(members.get("a")?.tags).toEqual({ role: "db" });
    expect(events).toEqual(["join a alive", "update a alive"]);
  });

  test("who is already gone does not go again", () => {
    const { members, events } = rig();
    members.joined(swim("a"));
    members.gone(dead("a"));
    members.gone(dead("a"));
    expect(events).toHaveLength(2);
  });

  test("failed and left members are reaped when their time is over, others never", () => {
    const { members, clock, events, forgotten } = rig();
    for (const name of ["a", "b", "c"]) members.joined(swim(name));
    members.gone(dead("a"));
    members.leaveIntent(leave("b", 5));
    members.gone(dead("b"));
    const timeoutMs = (member: { status: string }) => (member.status === "failed" ? 1000 : 5000);
    clock.advance(1000);
    members.reap(timeoutMs);
    expect(members.size).toBe(3);
    clock.advance(1);
    members.reap(timeoutMs);
    expect(forgotten).toEqual(["a"]);
    clock.advance(4000);
    members.reap(timeoutMs);
    expect(forgotten).toEqual(["a", "b"]);
    expect(events.slice(-2)).toEqual(["reap a failed", "reap b left"]);
    expect([...members.members()].map(({ name }) => name)).toEqual(["c"]);
  });

  test("the sorted list is the same until something changes", () => {
    const { members } = rig();
    members.joined(swim("b"));
    members.joined(swim("a"));
    const before = members.sorted();
    expect(before.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(members.sorted()).toBe(before);
    members.leaveIntent(leave("a", 5));
    expect(members.sorted().map(({ status }) => status)).toEqual(["leaving", "alive"]);
    members.gone(dead("a"));
    members.reap(() => -1);
    expect(members.sorted().map(({ name }) => name)).toEqual(["b"]);
  });

  test("a pruned member is forgotten at once when it is gone", () => {
    const { members, events } = rig();
    members.joined(swim("a"));
    members.gone(dead("a"));
    members.leaveIntent(leave("a", 5, true));
    expect(members.size).toBe(0);
    expect(events.slice(-2)).toEqual(["leave a left", "reap a left"]);
  });

  test("one that is still there is forgotten when it had the time to go, unless it says that it stays", () => {
    const { members, clock, status } = rig();
    members.joined(swim("a"));
    members.joined(swim("b"));
    members.leaveIntent(leave("a", 5, true));
    members.leaveIntent(leave("b", 5, true));
    members.joinIntent(join("b", 6));
    clock.advance(PRUNE_DELAY_MS);
    expect([status("a"), status("b")]).toEqual([undefined, "alive"]);
    members.close();
    expect(clock.pendingMs).toEqual([]);
  });
});
