import { MsgpackReader } from "../../codec/msgpack/reader.ts";
import { exactText, type Shape } from "../../codec/msgpack/shape.ts";
import { MsgpackWriter } from "../../codec/msgpack/writer.ts";
import { type ConfigEntry, schemaOfKind } from "../../model/config-entry/config-entry.ts";
import { shortestFloat32 } from "../../model/config-entry/go-number.ts";
import { planOf } from "../../model/config-entry/plan.ts";
import { CONFIG_ENTRY_LINK_TABLE, deriveLinks } from "../discovery-chain/links.ts";
import { finishGatewayServices, GATEWAY_SERVICE_TABLES } from "../gateway-services/records.ts";
import type { RecordKind } from "../records/kind.ts";
import { type Indexes, PlanReader, writeEntry } from "./record-shape.ts";
import { nameKeyOf } from "./topics.ts";

/** Whose entry Consul marshals by itself: a blob in the record. */
const BLOBS = ["proxy-defaults"];
const KINDS_OF_18 = [
  "ingress-gateway",
  "proxy-defaults",
  "service-defaults",
  "service-resolver",
  "service-router",
  "service-splitter",
  "terminating-gateway",
];

interface ConfigEntryRecord {
  readonly kind: string;
  /** Undefined for a kind that isn't known, or with fields that aren't. */
  readonly entry: ConfigEntry | undefined;
  readonly indexes: Indexes;
}

/** A blob with the kind, and the request that once wrote the entry. */
const shape: Shape<ConfigEntryRecord> = {
  zero: { kind: "", entry: undefined, indexes: { CreateIndex: 0, ModifyIndex: 0 } },
  read(outer) {
    const reader = new MsgpackReader(outer.raw());
    const kind = exactText.read(reader);
    let record: ConfigEntryRecord = { ...shape.zero, kind };
    for (let left = reader.map(); left > 0; left--) {
      if (reader.text() === "Entry") record = readEntry(kind, reader);
      else reader.skip();
    }
    return record;
  },
  write(writer, { kind, entry, indexes }) {
    const schema = schemaOfKind(kind);
    if (schema === undefined || entry === undefined) {
      writer.nil();
      return;
    }
    const fields = new MsgpackWriter();
    writeEntry(fields, planOf(schema), entry, indexes);
    const record = new MsgpackWriter();
    record.text(kind);
    record.map(4);
    record.text("Datacenter");
    record.text("");
    record.text("Entry");
    if (BLOBS.includes(kind)) record.raw(fields.take());
    else record.bytes(fields.take());
    for (const name of ["Op", "Token"]) {
      record.text(name);
      record.text("");
    }
    writer.raw(record.take());
  },
};

function readEntry(kind: string, outer: MsgpackReader): ConfigEntryRecord {
  const schema = schemaOfKind(kind);
  if (schema === undefined) {
    outer.skip();
    return { ...shape.zero, kind };
  }
  const fields = new PlanReader(BLOBS.includes(kind) ? new MsgpackReader(outer.raw()) : outer);
  const entry = { ...fields.entry(planOf(schema)), Kind: kind };
  const { indexes, unknown } = fields;
  // The reader goes by the schema, field by field.
  return { kind, entry: unknown.length > 0 ? undefined : withPlainWeights(entry as unknown as ConfigEntry), indexes };
}

/** Weights of 32 bits are those that are printed. */
function withPlainWeights(entry: ConfigEntry): ConfigEntry {
  if (entry.Kind !== "service-splitter") return entry;
  const Splits = entry.Splits?.map((split) => ({ ...split, Weight: shortestFloat32(split.Weight) })) ?? null;
  return { ...entry, Splits };
}

export const configEntryRecords: RecordKind<ConfigEntryRecord> = {
  type: 22,
  shape,
  tables: ["config_entries", CONFIG_ENTRY_LINK_TABLE, ...GATEWAY_SERVICE_TABLES],
  isNewer: ({ kind }) => !KINDS_OF_18.includes(kind),
  load(db, { kind, entry, indexes }) {
    if (entry === undefined) return false;
    const name = entry.Kind === "mesh" ? "mesh" : entry.Name;
    db.query(
      "INSERT OR REPLACE INTO config_entries (kind, name_key, doc, create_index, modify_index) VALUES (?, ?, ?, ?, ?)",
    ).run(kind, nameKeyOf(name), JSON.stringify({ ...entry, Name: name }), indexes.CreateIndex, indexes.ModifyIndex);
    return true;
  },
  finish(db) {
    finishGatewayServices(db);
    deriveLinks(db);
  },
  save(db, put) {
    const rows = db
      .query("SELECT kind, doc, create_index, modify_index FROM config_entries ORDER BY kind, name_key")
      .iterate() as Iterable<{ kind: string; doc: string; create_index: number; modify_index: number }>;
    for (const { kind, doc, create_index, modify_index } of rows) {
      const indexes = { CreateIndex: create_index, ModifyIndex: modify_index };
      put({ kind, entry: JSON.parse(doc) as ConfigEntry, indexes });
    }
  },
};
