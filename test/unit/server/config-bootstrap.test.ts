import { expect, test } from "bun:test";
import { Refusal } from "../../../src/lib/refusal.ts";
import { ServiceDefaults } from "../../../src/model/config-entry/defaults.ts";
import { ConfigBootstrap } from "../../../src/server/config-bootstrap.ts";
import type { Propose } from "../../../src/server/propose.ts";
import { configEntry, configEntryList } from "../../../src/state/config-entries/queries.ts";
import { settle } from "../../support/manual-clock.ts";
import { RecordingLogger } from "../../support/recording-logger.ts";
import { stateRig } from "../../support/state-rig.ts";

const entry = (Name: string, Protocol: string) => ServiceDefaults.parse({ Kind: "service-defaults", Name, Protocol });

function leader(entries: ServiceDefaults[], propose?: (into: Propose) => Propose) {
  const rig = stateRig();
  const log = new RecordingLogger();
  const into: Propose = (command) => rig.propose(command);
  const bootstrap = new ConfigBootstrap({
    ...{ entries, log, clock: rig.clock, propose: propose?.(into) ?? into },
    find: (kind, name) => configEntry(rig.db, kind, name),
  });
  const protocols = () =>
    (configEntryList(rig.db, "service-defaults").value as ServiceDefaults[]).map(({ Name, Protocol }) => [
      Name,
      Protocol,
    ]);
  return { ...rig, log, bootstrap, protocols };
}

test("what is missing is written when this server begins to lead, and what is there stays", async () => {
  const { bootstrap, protocols, apply, index } = leader([entry("a", "http"), entry("b", "http")]);
  apply({ type: "config-entry.set", entry: entry("a", "grpc") });
  bootstrap.lead();
  await settle();
  expect(protocols()).toEqual([
    ["a", "grpc"],
    ["b", "http"],
  ]);
  expect(index).toBe(0);
});

test("an entry that somebody writes meanwhile stays", async () => {
  const written = entry("a", "grpc");
  const { bootstrap, protocols } = leader([entry("a", "http")], (into) => async (command) => {
    await into({ type: "config-entry.set", entry: written });
    return into(command);
  });
  bootstrap.lead();
  await settle();
  expect(protocols()).toEqual([["a", "grpc"]]);
});

test("without a leader it is tried again, until this server leads no more; what is refused is left out", async () => {
  const tried: string[] = [];
  const { bootstrap, clock, protocols } = leader([entry("bad", "http"), entry("a", "http")], (into) => (command) => {
    const name = command.type === "config-entry.set" ? command.entry.Name : "";
    tried.push(name);
    if (name === "bad") return Promise.reject(new Refusal("does not fit"));
    return tried.length < 3 ? Promise.reject(new Refusal("No cluster leader", 500, "refused")) : into(command);
  });
  bootstrap.lead();
  await settle();
  expect(tried).toEqual(["bad", "a"]);
  bootstrap.stop();
  clock.advance(60_000);
  await settle();
  expect(tried).toEqual(["bad", "a"]);
  bootstrap.lead();
  await settle();
  clock.advance(5000);
  await settle();
  expect(protocols()).toEqual([["a", "http"]]);
  expect(clock.pendingMs).toEqual([]);
});
