import { expect, test } from "bun:test";
import { restoredClusterId } from "../../../../src/state/discovery-chain/cluster-id.ts";
import { CONSUL_ARCHIVE } from "../../../support/archives.ts";
import { loaded, stateBinOf } from "../../../support/state-archive.ts";
import { stateRig } from "../../../support/state-rig.ts";

test("a cluster that was restored from Consul's archive keeps its id", async () => {
  const { db } = stateRig();
  expect(restoredClusterId(db)).toBeUndefined();
  loaded(db.$client, await stateBinOf(CONSUL_ARCHIVE));
  expect(restoredClusterId(db)).toBe("2292df12-5594-81af-bee3-536c932b86e5");
});

test("a record that is none says nothing", () => {
  const { db } = stateRig();
  const keep = (value: Uint8Array) => db.$client.run("INSERT INTO kept_records (type, value) VALUES (15, ?)", [value]);
  keep(new Uint8Array([0xc1]));
  keep(new Uint8Array([0x80]));
  expect(restoredClusterId(db)).toBeUndefined();
});
