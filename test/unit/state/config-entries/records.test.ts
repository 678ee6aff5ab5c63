import { expect, test } from "bun:test";
import fc from "fast-check";
import { MsgpackReader } from "../../../../src/codec/msgpack/reader.ts";
import { MsgpackWriter } from "../../../../src/codec/msgpack/writer.ts";
import { WireError } from "../../../../src/codec/wire-error.ts";
import { encodeGoJson } from "../../../../src/lib/go-json.ts";
import { checkedConfigEntry } from "../../../../src/model/config-entry/check.ts";
import { decodeConfigEntry } from "../../../../src/model/config-entry/decode.ts";
import { printConfigEntry } from "../../../../src/model/config-entry/print.ts";
import { configEntry, configEntryList } from "../../../../src/state/config-entries/queries.ts";
import { configEntryRecords } from "../../../../src/state/config-entries/records.ts";
import { linksTo } from "../../../../src/state/discovery-chain/links.ts";
import { CONSUL_ARCHIVE } from "../../../support/archives.ts";
import { emptyState, loaded, rowsOf, saved, stateBinOf } from "../../../support/state-archive.ts";
import { stateRig } from "../../../support/state-rig.ts";

const TYPE = 22;

function printedOf(db: ReturnType<typeof stateRig>["db"]) {
  return configEntryList(db).value.map(printConfigEntry);
}

/** What the API of the archive's Consul prints. */
const CONSUL_ENTRIES = [
  '{"Kind":"ingress-gateway","Name":"igw","TLS":{"Enabled":false},"Listeners":[{"Port":8443,"Protocol":"tcp","Services":[{"Name":"dbtcp","Hosts":null}]}],"CreateIndex":74,"ModifyIndex":74}',
  '{"Kind":"proxy-defaults","Name":"global","Config":{"list":["a",2],"local_connect_timeout_ms":1000,"n":1.5,"s":"x"},"MeshGateway":{},"Expose":{},"CreateIndex":68,"ModifyIndex":68}',
  '{"Kind":"service-defaults","Name":"db","Protocol":"http","MeshGateway":{},"Expose":{},"CreateIndex":69,"ModifyIndex":69}',
  '{"Kind":"service-defaults","Name":"web","Protocol":"http","MeshGateway":{"Mode":"local"},"Expose":{},"CreateIndex":67,"ModifyIndex":67}',
  '{"ConnectTimeout":"7s","Kind":"service-resolver","Name":"db","DefaultSubset":"v1","Subsets":{"v1":{"Filter":"Service.Meta.v == 1","OnlyPassing":true},"v2":{"Filter":"Service.Meta.v == 2"}},"Failover":{"*":{"Datacenters":["dc2"]}},"CreateIndex":70,"ModifyIndex":70}',
  '{"Kind":"service-router","Name":"web","Routes":[{"Match":{"HTTP":{"PathPrefix":"/admin"}},"Destination":{"RequestTimeout":"15s","Service":"db","NumRetries":3,"RetryOnStatusCodes":[503]}}],"CreateIndex":72,"ModifyIndex":72}',
  '{"Kind":"service-splitter","Name":"db","Splits":[{"Weight":90,"ServiceSubset":"v1"},{"Weight":10,"ServiceSubset":"v2"}],"CreateIndex":71,"ModifyIndex":71}',
  '{"Kind":"terminating-gateway","Name":"tgw","Services":[{"Name":"ext"}],"CreateIndex":75,"ModifyIndex":75}',
];

/** Records of config entries as JSON, with the blobs in them opened. */
function openedRecords(stateBin: Uint8Array): unknown[] {
  const reader = new MsgpackReader(stateBin);
  reader.skip();
  const records: unknown[] = [];
  while (reader.left > 0) {
    if (reader.uint(255) !== TYPE) {
      reader.skip();
      continue;
    }
    const inner = new MsgpackReader(reader.raw());
    const kind = inner.text();
    const fields: Record<string, unknown> = {};
    for (let left = inner.map(); left > 0; left--) {
      const name = inner.text();
      const isBlob = name === "Entry" && kind === "proxy-defaults";
      fields[name] = isBlob ? new MsgpackReader(inner.raw()).json(64) : inner.json(64);
    }
    records.push({ kind, ...fields });
  }
  return records;
}

function entryRowsOf(db: ReturnType<typeof emptyState>): unknown[] {
  const rows = rowsOf(db);
  return configEntryRecords.tables.map((table) => rows[table]);
}

/** The content of `state.bin` with one record of an entry. */
function oneRecord(kind: string, write: (writer: MsgpackWriter) => void): Uint8Array {
  const record = new MsgpackWriter();
  record.text(kind);
  record.map(1);
  record.text("Entry");
  write(record);
  const writer = new MsgpackWriter();
  writer.map(1);
  writer.text("LastIndex");
  writer.uint(9);
  writer.byte(TYPE);
  writer.raw(record.take());
  return writer.take();
}

test("Consul's own entries are read as its API prints them (vectors of Consul 1.8.7)", async () => {
  const { db } = stateRig();
  loaded(db.$client, await stateBinOf(CONSUL_ARCHIVE));
  const printed = printedOf(db).map((entry) => encodeGoJson(entry));
  expect(printed).toEqual(CONSUL_ENTRIES);
  expect(configEntry(db, "service-resolver", "db")?.ConnectTimeout).toBe(7e9);
});

test("what was read is written as Consul wrote it, field by field", async () => {
  const db = emptyState();
  const archive = await stateBinOf(CONSUL_ARCHIVE);
  loaded(db, archive);
  expect(openedRecords(saved(db))).toEqual(openedRecords(archive));
});

test("what is derived of the entries is made anew", async () => {
  const { db } = stateRig();
  loaded(db.$client, await stateBinOf(CONSUL_ARCHIVE));
  expect(linksTo(db, "db")).toEqual([{ kind: "service-router", name: "web" }]);
  const again = emptyState();
  loaded(again, saved(db.$client));
  expect(entryRowsOf(again)).toEqual(entryRowsOf(db.$client));
});

const ENTRIES: readonly object[] = [
  { Kind: "proxy-defaults", Config: { a: { b: [1, "x", true, { c: 1.5 }] }, n: 3 }, AccessLogs: { Enabled: true } },
  { Kind: "service-defaults", Name: "Web", TransparentProxy: { DialedDirectly: true }, MaxInboundConnections: 7 },
  {
    Kind: "service-resolver",
    Name: "Ü",
    ConnectTimeout: "2000h",
    LoadBalancer: { Policy: "maglev", HashPolicies: { CookieConfig: { TTL: "5s" } } },
    Failover: { "*": { Targets: [{ Peer: "p" }] } },
  },
  { Kind: "terminating-gateway", Name: "t", Services: [] },
  { Kind: "ingress-gateway", Name: "i", Listeners: [{ Port: 80, Services: [{ Name: "a" }] }] },
  {
    Kind: "service-intentions",
    Name: "web",
    Sources: [{ Name: "api", Permissions: [{ Action: "allow", HTTP: { PathPrefix: "/" } }] }],
  },
  { Kind: "mesh", TLS: { Incoming: { TLSMinVersion: "TLSv1_2" } } },
  { Kind: "exported-services", Name: "default", Services: [{ Name: "web", Consumers: [{ Peer: "p" }] }] },
];

function writtenState() {
  const rig = stateRig();
  for (const body of ENTRIES) {
    rig.apply({ type: "config-entry.set", entry: checkedConfigEntry(decodeConfigEntry(body)) });
  }
  return rig.db;
}

test("entries of all kinds, with fields of later versions, come back row by row", () => {
  const db = writtenState();
  const again = emptyState();
  expect(loaded(again, saved(db.$client))).toMatchObject({ leftOut: {}, kept: {} });
  expect(entryRowsOf(again)).toEqual(entryRowsOf(db.$client));
});

test("kinds that Consul 1.8 lacks are left out of an archive for it", () => {
  const kinds = openedRecords(saved(writtenState().$client, 1, { withoutNewer: true })).map(
    (record) => (record as { kind: string }).kind,
  );
  expect(kinds).toEqual([
    "ingress-gateway",
    "proxy-defaults",
    "service-defaults",
    "service-resolver",
    "terminating-gateway",
  ]);
});

test("an entry of a kind or with a field that nobody knows is counted as left out", () => {
  const unknownKind = oneRecord("api-gateway", (writer) => writer.json({ Name: "x" }));
  expect(loaded(emptyState(), unknownKind).leftOut).toEqual({ ConfigEntry: 1 });
  const unknownField = oneRecord("service-defaults", (writer) => writer.json({ Name: "x", Bogus: { a: [1] } }));
  expect(loaded(emptyState(), unknownField).leftOut).toEqual({ ConfigEntry: 1 });
});

test("fields of later versions are read, and the times of intentions that were migrated", () => {
  const { db } = stateRig();
  const record = oneRecord("service-intentions", (writer) => {
    writer.map(3);
    writer.text("Name");
    writer.text("web");
    writer.text("Hash");
    writer.uint(5);
    writer.text("Sources");
    writer.array(1);
    writer.map(2);
    writer.text("Name");
    writer.text("api");
    writer.text("LegacyCreateTime");
    writer.raw(new Uint8Array([1, 0, 0, 0, 14, 0x77, 0x35, 0x94, 0, 0, 0, 0, 0, 255, 255]));
  });
  expect(loaded(db.$client, record).leftOut).toEqual({});
  expect(configEntry(db, "service-intentions", "web")?.Sources?.[0]).toMatchObject({
    Name: "api",
    LegacyCreateTime: expect.stringMatching(/^19\d\d-/) as unknown,
    LegacyUpdateTime: null,
  });
});

test("anything in a record is read or refused as what it is", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ENTRIES.map((entry) => (entry as { Kind: string }).Kind), "x"),
      fc.uint8Array({ maxLength: 200 }),
      (kind, bytes) => {
        const blob = new MsgpackWriter();
        blob.text(kind);
        blob.bytes(bytes);
        const writer = new MsgpackWriter();
        writer.raw(blob.take());
        try {
          configEntryRecords.shape.read(new MsgpackReader(writer.take()));
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
        }
      },
    ),
    { numRuns: 500 },
  );
});
