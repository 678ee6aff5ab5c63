import { expect, test } from "bun:test";
import { MsgpackReader } from "../../src/codec/msgpack/reader.ts";
import { MsgpackWriter } from "../../src/codec/msgpack/writer.ts";
import { encodeGoJson } from "../../src/lib/go-json.ts";
import { Refusal } from "../../src/lib/refusal.ts";
import { checkedConfigEntry } from "../../src/model/config-entry/check.ts";
import { ConfigEntry } from "../../src/model/config-entry/config-entry.ts";
import { decodeConfigEntry } from "../../src/model/config-entry/decode.ts";
import { printConfigEntry } from "../../src/model/config-entry/print.ts";
import { NO_OVERRIDES } from "../../src/model/discovery-chain.ts";
import { configEntryRecords } from "../../src/state/config-entries/records.ts";
import { discoveryChain } from "../../src/state/discovery-chain/queries.ts";
import { stateRig } from "../support/state-rig.ts";
import { dice, runs, SEED } from "./harness/target.ts";

const PLACES = { datacenter: "dc1", callerDatacenter: "dc1", trustDomain: "t.consul" };
const INDEXES = { CreateIndex: 1, ModifyIndex: 2 };
const KINDS = ConfigEntry.options.map(({ shape }) => shape.Kind.value);
/** Keys of all kinds, so that what is made up often means something. */
const KEYS = [...new Set(ConfigEntry.options.flatMap(({ shape }) => Object.keys(shape)))].concat(
  ["Match", "HTTP", "PathExact", "Header", "Destination", "Service", "ServiceSubset", "RequestTimeout", "Weight"],
  [
    "Paths",
    "ListenerPort",
    "Checks",
    "Mode",
    "*",
    "Port",
    "Hosts",
    "Action",
    "Permissions",
    "Enabled",
    "__proto__",
    "",
  ],
);
const SCALARS = ["", "x", "5s", "-1", "/a", "*", "http", 0, 100, -1.5, 1e300, 2 ** 53, 10n ** 20n, true, false, null];

const { of, chance, int } = (() => {
  const random = dice(60);
  return {
    of: <T>(items: readonly T[]): T => random.of(items),
    chance: (share: number) => random.chance(share),
    int: (below: number) => Math.floor(Number(random.of(Array.from({ length: below }, (_, at) => at)))),
  };
})();

function anything(depth: number): unknown {
  if (depth === 0 || chance(0.4)) return of(SCALARS);
  if (chance(0.4)) return Array.from({ length: int(3) }, () => anything(depth - 1));
  return object(depth);
}

function object(depth: number): Record<string, unknown> {
  const spelled = (key: string) => (chance(0.2) ? key.toLowerCase() : key);
  return Object.fromEntries(Array.from({ length: int(5) }, () => [spelled(of(KEYS)), anything(depth - 1)]));
}

test(`any body is an entry, which is printed, archived, applied and read as part of a chain, or a refusal (FUZZ_SEED=${SEED})`, () => {
  let taken = 0;
  const state = stateRig();
  for (let round = runs(4000); round > 0; round--) {
    const body = chance(0.05) ? anything(2) : { ...object(5), Kind: of(KINDS), ...(chance(0.9) ? { Name: "x" } : {}) };
    try {
      const entry = decodeConfigEntry(body);
      printConfigEntry({ ...entry, ...INDEXES });
      const checked = checkedConfigEntry(entry);
      const text = encodeGoJson(printConfigEntry({ ...checked, ...INDEXES }));
      // What the log holds is JSON.
      const kept = JSON.parse(JSON.stringify(checked)) as typeof checked;
      expect(encodeGoJson(printConfigEntry({ ...archived(kept), ...INDEXES }))).toBe(text);
      expect(encodeGoJson(printConfigEntry({ ...checkedConfigEntry(kept), ...INDEXES }))).toBe(text);
      taken++;
      const applied = state.apply({ type: "config-entry.set", entry: kept });
      if (applied !== true) expect(applied).toBeInstanceOf(Refusal);
      discoveryChain(state.db, { service: kept.Name, ...PLACES, overrides: NO_OVERRIDES });
    } catch (error) {
      if (!(error instanceof Refusal)) throw new Error(`${String(error)} for ${encodeGoJson(body)}`, { cause: error });
      expect([400, 500]).toContain(error.status);
    }
  }
  expect(taken).toBeGreaterThan(0);
  expect(state.fatal).toEqual([]);
});

function archived(entry: ReturnType<typeof decodeConfigEntry>) {
  const writer = new MsgpackWriter();
  configEntryRecords.shape.write(writer, { kind: entry.Kind, entry, indexes: INDEXES });
  const read = configEntryRecords.shape.read(new MsgpackReader(writer.take()));
  expect(read.indexes).toEqual(INDEXES);
  if (read.entry === undefined) throw new Error("what was archived has fields that nobody knows");
  return read.entry;
}
