import { expect, test } from "bun:test";
import { streamTopics } from "../../../src/app/stream-topics.ts";
import { decodeConfigEntry } from "../../../src/model/config-entry/decode.ts";
import { RecentChanges } from "../../../src/state/recent-changes.ts";
import { World } from "../state/catalog/world.ts";

function rig() {
  const world = new World();
  const recent = new RecentChanges(world.rig.publisher);
  return { world, topic: streamTopics(world.db, recent, () => world.rig.machine.appliedIndex) };
}
const set = (key: string) => ({ type: "kv.set" as const, key, value: "MQ==", flags: "0" });

test.each(["", "nothing", "nothing/a", "kv/", "service/", "nodes/a", "config/", "config/x"])(
  "%p is no topic",
  (name) => {
    expect(rig().topic(name)).toBeUndefined();
  },
);

test.each([
  ...["kv/a", "kv/a/*", "service/web", "node/n1", "session/x", "services", "nodes", "checks", "sessions"],
  ...["config", "config/mesh", "config/service-defaults/a/b"],
])("%s is a topic that can be read before anything is there", (name) => {
  const topic = rig().topic(name);
  expect(topic?.name).toBe(name);
  expect(() => topic?.read()).not.toThrow();
});

test("a key's topic changes with the key, a prefix's with every key under it", () => {
  const { world, topic } = rig();
  const [key, prefix] = [topic("kv/a/b"), topic("kv/a/*")];
  world.apply(set("a/c"));
  expect([key?.changedSince(0), prefix?.changedSince(0)]).toEqual([false, true]);
  world.apply(set("a/b"));
  expect([key?.changedSince(1), prefix?.changedSince(1)]).toEqual([true, true]);
  expect([key?.changedSince(2), prefix?.changedSince(2)]).toEqual([false, false]);
});

test("a config entry's topic changes with it, that of its kind with all of the kind, and both show what is printed", () => {
  const { world, topic } = rig();
  const [web, kind, other] = [
    topic("config/service-defaults/web"),
    topic("config/service-defaults"),
    topic("config/mesh"),
  ];
  const entry = decodeConfigEntry({ Kind: "service-defaults", Name: "Web" });
  world.apply({ type: "config-entry.set", entry });
  expect([web?.changedSince(0), kind?.changedSince(0), other?.changedSince(0)]).toEqual([true, true, false]);
  const printed = {
    ...{ Kind: "service-defaults", Name: "Web", Protocol: "", MeshGateway: {}, Expose: {} },
    ...{ CreateIndex: 1, ModifyIndex: 1 },
  };
  expect([web?.read(), kind?.read(), other?.read()]).toEqual([printed, [printed], []]);
});

test("what changed before the first reader came is not known, and so counts as changed", () => {
  const world = new World();
  world.apply(set("a"));
  world.apply(set("b"));
  const topic = streamTopics(world.db, new RecentChanges(world.rig.publisher), () => 2)("kv/a");
  expect([topic?.changedSince(1), topic?.changedSince(2)]).toEqual([true, false]);
});
