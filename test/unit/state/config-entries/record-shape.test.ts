import { expect, test } from "bun:test";
import { MsgpackReader } from "../../../../src/codec/msgpack/reader.ts";
import { MsgpackWriter } from "../../../../src/codec/msgpack/writer.ts";
import { ServiceDefaults } from "../../../../src/model/config-entry/defaults.ts";
import { planOf } from "../../../../src/model/config-entry/plan.ts";
import { ServiceResolver } from "../../../../src/model/config-entry/routing.ts";
import { PlanReader, writeEntry } from "../../../../src/state/config-entries/record-shape.ts";

const INDEXES = { CreateIndex: 3, ModifyIndex: 4 };

function written(schema: typeof ServiceDefaults | typeof ServiceResolver, entry: object): Uint8Array {
  const writer = new MsgpackWriter();
  writeEntry(writer, planOf(schema), { ...entry }, INDEXES);
  return writer.take();
}

test("fields are sorted, and those of later versions are there only where they say something", () => {
  const entry = ServiceDefaults.parse({ Kind: "service-defaults", Name: "web" });
  const names = (value: object) =>
    Object.keys(new MsgpackReader(written(ServiceDefaults, value)).json(9) as Record<string, unknown>);
  const ofConsul18 = ["CreateIndex", "Expose", "ExternalSNI", "Kind", "MeshGateway", "Meta", "ModifyIndex", "Name"];
  expect(names(entry)).toEqual([...ofConsul18, "Protocol"]);
  expect(names({ ...entry, Mode: "transparent", MaxInboundConnections: 1 })).toEqual(
    [...ofConsul18, "Protocol", "Mode", "MaxInboundConnections"].sort(),
  );
});

test.each([0, 5e9, -5e9, 2 ** 53 - 1, 2 ** 62])("a duration of %d ns comes back", (ConnectTimeout) => {
  const entry = ServiceResolver.parse({ Kind: "service-resolver", Name: "web", ConnectTimeout });
  const reader = new PlanReader(new MsgpackReader(written(ServiceResolver, entry)));
  expect(reader.entry(planOf(ServiceResolver))).toEqual(entry);
  expect(reader.indexes).toEqual(INDEXES);
});

test("fields that nobody knows are named, wherever they are, but for what says nothing", () => {
  const writer = new MsgpackWriter();
  writer.json({ Name: "x", Hash: 5, EnterpriseMeta: {}, Bogus: [1], Expose: { Checks: true, Other: { a: 1 } } });
  const reader = new PlanReader(new MsgpackReader(writer.take()));
  expect(reader.entry(planOf(ServiceDefaults))).toMatchObject({ Name: "x", Expose: { Checks: true, Paths: null } });
  expect(reader.unknown).toEqual(["Bogus", "Other"]);
});
