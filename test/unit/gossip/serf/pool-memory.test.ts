import { describe, expect, test } from "bun:test";
import { HOUR_MS, MemorySnapshot, type SerfNode, SerfWorld, text } from "../../../support/gossip/serf-world.ts";

const KEPT =
  "alive: self 10.0.0.9:8301\nalive: b 10.0.1.1:8301\nalive: c 10.0.1.2:8301\nclock: 7\nevent-clock: 8\nquery-clock: 9\n";
const lines = (disk: MemorySnapshot) => disk.text.split("\n").filter((line) => line !== "");

function start(kept: string, options: { rejoinAfterLeave?: boolean } = {}) {
  const world = new SerfWorld();
  const disk = new MemorySnapshot(kept);
  const self = world.add("self", { snapshot: disk, ...options });
  return { world, disk, self };
}
const knows = (self: SerfNode, name: string, address: string) =>
  self.knows({ ...self.swim.self, name, at: { address, port: 8301 } });

describe("what a member remembers of its pool", () => {
  test("after a restart it says where the pool was, but not itself, and its clocks go on", () => {
    const { self } = start(KEPT);
    expect([...self.serf.rejoinTargets()].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "b", at: { address: "10.0.1.1", port: 8301 } },
      { name: "c", at: { address: "10.0.1.2", port: 8301 } },
    ]);
    expect(self.serf.stats()).toMatchObject({ member_time: "8", event_time: "9", query_time: "10" });
  });

  test("what it was told before it is not told again (Serf's eventMinTime)", () => {
    const { self } = start(KEPT);
    const hear = (ltime: number) =>
      self.hears({ type: "userEvent", ltime, name: `at ${ltime}`, payload: text(""), coalesce: false });
    hear(8);
    hear(9);
    expect(self.events).toEqual(["join self", "user at 9 "]);
  });

  test("members that nothing was heard of are kept: a second restart must find them, too", async () => {
    const { world, disk, self } = start(KEPT);
    knows(self, "b", "10.0.1.7");
    self.loses("b", "dead");
    await world.pass(5000);
    expect(lines(disk)).toEqual(["alive: c 10.0.1.2:8301", "clock: 7", "event-clock: 8", "query-clock: 9"]);
  });

  test("those that stay unheard of for as long as a failed member is kept are given up", async () => {
    const { world, disk } = start(KEPT);
    await world.pass(72 * HOUR_MS + 20_000);
    expect(lines(disk)).toEqual(["clock: 7", "event-clock: 8", "query-clock: 9"]);
  });

  test("joins, failures, events and queries change it", async () => {
    const { world, disk, self } = start("");
    knows(self, "b", "10.0.1.1");
    self.hears({ type: "join", ltime: 4, node: "b" });
    self.hears({ type: "userEvent", ltime: 5, name: "deploy", payload: text(""), coalesce: false });
    await world.pass(5000);
    expect(lines(disk)).toEqual(["alive: b 10.0.1.1:8301", "clock: 4", "event-clock: 5", "query-clock: 0"]);
    self.loses("b", "dead");
    await world.pass(5000);
    expect(lines(disk)).toEqual(["clock: 4", "event-clock: 5", "query-clock: 0"]);
  });

  test("who leaves does not come back by itself, and that survives a power cut", async () => {
    const { world, disk, self } = start(KEPT);
    const left = self.serf.leave();
    await world.pass(0);
    expect(lines(disk)).toEqual(["clock: 7", "event-clock: 8", "query-clock: 9", "leave"]);
    expect(disk.writes.at(-1)?.durable).toBe(true);
    await world.pass(1000);
    await left;
    await self.serf.close();
    expect(start(disk.text).self.serf.rejoinTargets()).toEqual([]);
  });

  test("unless it is to come back after all", async () => {
    const { world, disk, self } = start(KEPT, { rejoinAfterLeave: true });
    const left = self.serf.leave();
    await world.pass(1000);
    await world.pass(1000);
    await left;
    await self.serf.close();
    expect(start(disk.text, { rejoinAfterLeave: true }).self.serf.rejoinTargets()).toHaveLength(2);
  });

  test("lines that are not understood are told and left out", () => {
    const { self } = start("alive: b nowhere\nclock: 3\n");
    expect(self.log.messages("warn")).toEqual(["line of the snapshot is not understood"]);
    expect(self.serf.stats()).toMatchObject({ member_time: "4" });
  });
});
