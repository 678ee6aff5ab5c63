import { expect, test } from "bun:test";
import { Refusal } from "../../../src/lib/refusal.ts";
import { ServiceDefaults } from "../../../src/model/config-entry/defaults.ts";
import { ServiceRouter } from "../../../src/model/config-entry/routing.ts";
import { ConfigReplication } from "../../../src/server/config-replication.ts";
import type { Propose } from "../../../src/server/propose.ts";
import { configEntry, configEntryKeys, configEntryList } from "../../../src/state/config-entries/queries.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { RecordingLogger } from "../../support/recording-logger.ts";
import { stateRig } from "../../support/state-rig.ts";

const entry = (Name: string, Protocol = "") => ServiceDefaults.parse({ Kind: "service-defaults", Name, Protocol });

/** A datacenter whose primary the test is. */
function secondary(propose?: (into: Propose) => Propose) {
  // The state has timers of its own.
  const rig = { ...stateRig(), clock: new ManualClock() };
  const log = new RecordingLogger();
  const asked: {
    path: string;
    signal: AbortSignal;
    answer(index: number, body: unknown, status?: number): Promise<void>;
    fail(): Promise<void>;
  }[] = [];
  const into: Propose = (command) => rig.propose(command);
  const replication = new ConfigReplication({
    ...{ clock: rig.clock, log, random: { float: () => 1 } },
    propose: propose?.(into) ?? into,
    find: (kind, name) => configEntry(rig.db, kind, name),
    keys: () => configEntryKeys(rig.db),
    ask: (path, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
        asked.push({
          ...{ path, signal },
          answer(index, body, status = 200) {
            resolve({ status, index, body: typeof body === "string" ? body : JSON.stringify(body) });
            return settle();
          },
          fail() {
            reject(new Refusal("No path to datacenter"));
            return settle();
          },
        });
      }),
  });
  const names = () => configEntryList(rig.db).value.map(({ Name }) => Name);
  const last = () => {
    const found = asked.at(-1);
    if (found === undefined) throw new Error("nothing was asked");
    return found;
  };
  return {
    ...rig,
    log,
    asked,
    replication,
    names,
    last,
    set: (one: ServiceDefaults | ServiceRouter) => rig.apply({ type: "config-entry.set", entry: one }),
  };
}

/** Comparing takes a turn of the event loop for some entries each. */
async function turns(clock: ManualClock, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    clock.advance(0.1);
    await settle();
  }
}

test("all entries are copied, then what changes at the primary; what it deletes goes", async () => {
  const { replication, last, names, clock, asked, db } = secondary();
  replication.lead();
  expect(last().path).toBe("/v1/internal/config-entries");
  await last().answer(7, [entry("a"), entry("b")]);
  expect(names()).toEqual(["a", "b"]);
  clock.advance(250);
  await settle();
  expect(last().path).toBe("/v1/internal/config-entries?index=7&wait=300s");
  const { index } = configEntryList(db);
  await last().answer(7, [entry("a"), entry("b")]);
  expect(configEntryList(db).index).toBe(index);
  clock.advance(250);
  await settle();
  await last().answer(9, [entry("b", "http")]);
  expect(configEntryList(db).value).toMatchObject([{ Name: "b", Protocol: "http" }]);
  expect(asked).toHaveLength(3);
});

test("nothing is deleted when the primary answers an error, something else, nothing, or never had an entry", async () => {
  const { replication, last, names, clock, set } = secondary();
  set(entry("a"));
  replication.lead();
  const answers: [number, unknown, number?][] = [
    [9, [], 500],
    [9, "No cluster leader", 500],
    [9, ""],
    [9, "null"],
    [9, { entries: [] }],
    [9, "[", 200],
    [0, []],
    [1, []],
  ];
  for (const [index, body, status] of answers) {
    await last().answer(index, body, status);
    expect(names()).toEqual(["a"]);
    clock.advance(60_000);
    await settle();
  }
  await last().fail();
  expect(names()).toEqual(["a"]);
});

test("an empty list of a primary that had entries deletes", async () => {
  const { replication, last, names, set } = secondary();
  set(entry("a"));
  replication.lead();
  await last().answer(8, []);
  expect(names()).toEqual([]);
});

test("a primary that can't be reached is tried again later each time, and is said once", async () => {
  const { replication, last, asked, clock, log, names } = secondary();
  replication.lead();
  for (const delayMs of [1000, 2000, 4000, 8000, 15_000, 15_000]) {
    const before = asked.length;
    await last().fail();
    clock.advance(delayMs - 1);
    await settle();
    expect(asked).toHaveLength(before);
    clock.advance(1);
    await settle();
    expect(asked).toHaveLength(before + 1);
  }
  expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  await last().answer(3, [entry("a")]);
  expect(names()).toEqual(["a"]);
  clock.advance(250);
  await settle();
  await last().fail();
  clock.advance(1000);
  await settle();
  expect(last().path).not.toContain("index");
});

test("who no longer leads asks and writes no more", async () => {
  const held: (() => void)[] = [];
  const { replication, last, asked, clock, names } = secondary((into) => async (command) => {
    await new Promise<void>((resolve) => held.push(resolve));
    return into(command);
  });
  replication.lead();
  const waiting = last();
  replication.stop();
  expect(waiting.signal.aborted).toBe(true);
  await waiting.answer(7, [entry("a")]);
  expect(names()).toEqual([]);
  replication.lead();
  const many = Array.from({ length: 65 }, (_, at) => entry(`s${at}`));
  await last().answer(7, many);
  await turns(clock, 3);
  replication.stop();
  for (const goOn of held) goOn();
  await settle(100);
  clock.advance(60_000);
  await settle(100);
  expect(names()).toHaveLength(64);
  expect(asked).toHaveLength(2);
  expect(clock.pendingMs).toEqual([]);
});

test("64 are written at a time, with a pause in between", async () => {
  const { replication, last, names, clock } = secondary();
  replication.lead();
  await last().answer(
    7,
    Array.from({ length: 200 }, (_, at) => entry(`s${at}`)),
  );
  await turns(clock, 7);
  const counts = [names().length];
  for (let round = 0; round < 3; round++) {
    clock.advance(100);
    await settle(100);
    counts.push(names().length);
  }
  expect(counts).toEqual([64, 128, 192, 200]);
});

test("entries that are refused because of others are tried again once those are there; the rest is written anyway", async () => {
  const { replication, last, names, clock, log } = secondary((into) => {
    const there = new Set<string>();
    return async (command) => {
      const name = command.type === "config-entry.set" ? command.entry.Name : "";
      if (name === "a" && !there.has("b")) throw new Refusal("a needs b");
      if (name === "never") throw new Refusal("never fits");
      there.add(name);
      return into(command);
    };
  });
  replication.lead();
  await last().answer(7, [entry("a"), entry("never"), entry("b")]);
  await settle(100);
  expect(names()).toEqual(["a", "b"]);
  expect(log.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields)).toEqual([
    { error: "never fits" },
  ]);
  clock.advance(1000);
  await settle();
  expect(last().path).not.toContain("index");
});

test("changes that go with the others only all together are made as they are at the primary", async () => {
  const { replication, last, db, set, log } = secondary();
  const router = ServiceRouter.parse({
    ...{ Kind: "service-router", Name: "a" },
    Routes: [{ Match: { HTTP: { PathPrefix: "/b" } }, Destination: { Service: "b" } }],
  });
  for (const each of [entry("a", "http"), entry("b", "http"), router]) set(each);
  expect(String(set(entry("a", "grpc")))).toContain("protocol");
  replication.lead();
  await last().answer(9, [entry("a", "grpc"), entry("b", "grpc"), router]);
  await settle(100);
  expect(configEntryList(db, "service-defaults").value).toMatchObject([{ Protocol: "grpc" }, { Protocol: "grpc" }]);
  expect(log.messages("warn")).toEqual([]);
});

test("thousands are compared by and by, and nothing is written or deleted before all are", async () => {
  const { replication, last, names, clock, set } = secondary();
  const many = Array.from({ length: 300 }, (_, at) => entry(`s${at}`, "http"));
  for (const each of many) set(each);
  set(entry("gone"));
  replication.lead();
  await last().answer(9, many);
  await turns(clock, 8);
  expect(names()).toHaveLength(301);
  await turns(clock, 2);
  expect(names()).toHaveLength(300);
  replication.lead();
  await last().answer(9, many.slice(0, 200));
  replication.stop();
  clock.advance(60_000);
  await settle(100);
  expect(names()).toHaveLength(300);
});
