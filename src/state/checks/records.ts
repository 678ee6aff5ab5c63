import {
  count,
  dict,
  exactText,
  flag,
  list,
  nullable,
  type Of,
  struct,
  text,
  whole,
} from "../../codec/msgpack/shape.ts";
import { parseDurationNs } from "../../lib/duration.ts";
import type { HealthCheck } from "../../model/check.ts";
import { checkFromBody } from "../../model/registration-check.ts";
import type { RecordDb } from "../records/kind.ts";

/** In the order in which Consul prints them. */
const definition = struct({
  Interval: whole,
  Timeout: whole,
  DeregisterCriticalServiceAfter: whole,
  HTTP: text,
  TLSSkipVerify: flag,
  Header: dict(list(text)),
  Method: text,
  Body: text,
  TCP: text,
  OutputMaxSize: whole,
  ScriptArgs: list(text),
  DockerContainerID: text,
  Shell: text,
  GRPC: text,
  GRPCUseTLS: flag,
  AliasNode: text,
  AliasService: text,
  TTL: whole,
});

/** A check inside the record of its node. Durations are nanoseconds. */
export const checkShape = struct({
  CheckID: exactText,
  CreateIndex: count,
  Definition: definition,
  ModifyIndex: count,
  Name: text,
  Node: exactText,
  Notes: text,
  Output: text,
  ServiceID: exactText,
  ServiceName: exactText,
  ServiceTags: list(text),
  Status: text,
  Type: text,
});
type CheckRecord = Of<typeof checkShape>;
export const checkList = nullable(list(checkShape));

export function checkOf(record: CheckRecord): HealthCheck {
  const { Header } = record.Definition;
  const headers = Header && Object.fromEntries(Object.entries(Header).map(([name, values]) => [name, values ?? []]));
  return {
    ...checkFromBody({ ...record, Definition: { ...record.Definition, Header: headers } }),
    // Only what it says; a registration guesses it from the definition.
    Type: record.Type,
  };
}

export function loadCheck(db: RecordDb, nodeKey: string, record: CheckRecord): void {
  const check = checkOf(record);
  db.query(
    `INSERT OR REPLACE INTO checks (node_key, check_key, service_id_key, service_key, status, doc)
     VALUES (?, ?, ?, ?, ?, ?)`,
  ).run(
    nodeKey,
    check.CheckID.toLowerCase(),
    check.ServiceID.toLowerCase(),
    check.ServiceName.toLowerCase(),
    check.Status,
    JSON.stringify(check),
  );
}

/** The checks of a node, in the order of their keys. */
export function checkRecords(db: RecordDb, nodeKey: string): CheckRecord[] {
  const rows = db.query("SELECT doc FROM checks WHERE node_key = ? ORDER BY check_key").all(nodeKey) as {
    doc: string;
  }[];
  return rows.map(({ doc }) => checkRecordOf(JSON.parse(doc) as HealthCheck));
}

export function checkRecordOf(check: HealthCheck): CheckRecord {
  const ServiceTags = check.ServiceTags.length === 0 ? null : check.ServiceTags;
  return { ...check, ServiceTags, Definition: definitionOf(check.Definition) };
}

const DURATIONS = ["DeregisterCriticalServiceAfter", "Interval", "TTL", "Timeout"];

/** What a document leaves out is zero: the shape writes it. */
function definitionOf(doc: HealthCheck["Definition"]): CheckRecord["Definition"] {
  const entries = Object.entries(doc).map(([key, value]) =>
    DURATIONS.includes(key) && typeof value === "string" ? [key, parseDurationNs(value)] : [key, value],
  );
  return Object.fromEntries(entries) as CheckRecord["Definition"];
}
