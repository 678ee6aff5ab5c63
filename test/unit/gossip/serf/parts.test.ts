import { describe, expect, test } from "bun:test";
import { assemble } from "../../../../src/gossip/serf/parts.ts";
import type { SwimPort } from "../../../../src/gossip/swim/delegate.ts";
import { TIMINGS } from "../../../../src/gossip/timing.ts";
import type { PoolEvent } from "../../../../src/gossip/types.ts";
import { SeededRandom } from "../../../support/gossip/seeded-random.ts";
import { HOUR_MS, MemorySnapshot, SerfWorld, text } from "../../../support/gossip/serf-world.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { silentLogger, silentMeter } from "../../../support/silent.ts";

function rig(kept: string | undefined) {
  const events: PoolEvent[] = [];
  const { swim } = new SerfWorld().add("self");
  const options = {
    ...{ name: "self", tags: {}, timing: TIMINGS.lan, rejoinAfterLeave: false, keyring: undefined },
    ...{ reconnectTimeoutMs: HOUR_MS, tombstoneTimeoutMs: HOUR_MS, leavePropagateDelayMs: 1000 },
    snapshot: kept === undefined ? undefined : new MemorySnapshot(kept),
    refuse: () => undefined,
    onEvent: (event: PoolEvent) => events.push(event),
    onNameConflict: () => undefined,
    matches: () => false,
    ...{ clock: new ManualClock(), random: new SeededRandom(1, "parts"), log: silentLogger, meter: silentMeter },
  };
  const parts = assemble(options, { swim: (): SwimPort => swim, tags: () => ({}), refute: () => undefined });
  return { parts, swim, events };
}

describe("the parts of Serf's layer", () => {
  test("begin where the member was before: clocks, events and places to look for the pool", () => {
    const { parts } = rig("alive: b 10.0.1.1:8301\nclock: 4\nevent-clock: 5\nquery-clock: 6\n");
    expect([parts.memberClock.time, parts.eventClock.time, parts.queryClock.time]).toEqual([5, 6, 7]);
    expect([parts.events.lastTime, parts.queries.lastTime]).toEqual([5, 6]);
    expect(parts.memory.targets.map(({ name }) => name)).toEqual(["b"]);
  });

  test("without anything kept all events are news and nothing is written", () => {
    const { parts, events } = rig(undefined);
    parts.events.merge([{ ltime: 1, events: [{ name: "deploy", payload: text("v1") }] }]);
    expect(events).toMatchObject([{ kind: "user", name: "deploy", ltime: 1 }]);
    expect(parts.keeper).toBeUndefined();
  });

  test("events go out in the order in which things happened, and what waits wakes the membership", () => {
    const { parts, swim, events } = rig("");
    parts.members.joined(swim.self);
    parts.events.send("deploy", text("v1"), false);
    parts.queries.ask("uptime", text(""));
    parts.queries.ask("_serf_ping", text(""));
    expect(events.map(({ kind }) => kind)).toEqual(["join", "user", "query"]);
    expect(swim.wakes).toBe(3);
  });
});
