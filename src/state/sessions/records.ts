import { count, exactText, list, type Of, struct, text, whole } from "../../codec/msgpack/shape.ts";
import type { Session } from "../../model/session.ts";
import type { RecordKind } from "../records/kind.ts";

const shape = struct({
  Behavior: text,
  /** Where Consul before 1.7 has the checks. */
  Checks: list(exactText),
  CreateIndex: count,
  ID: exactText,
  LockDelay: whole,
  ModifyIndex: count,
  Name: text,
  Node: exactText,
  NodeChecks: list(exactText),
  ServiceChecks: list(struct({ ID: exactText, Namespace: text })),
  TTL: text,
});

interface Row extends Pick<Session, "ID" | "Name" | "Node" | "LockDelay" | "Behavior" | "TTL"> {
  CreateIndex: number;
  ModifyIndex: number;
  /** JSON, or null. */
  NodeChecks: string | null;
  ServiceChecks: string | null;
}

export const sessionRecords: RecordKind<Of<typeof shape>> = {
  type: 3,
  shape,
  tables: ["sessions", "session_checks"],
  load(db, record) {
    const { ID, ServiceChecks } = record;
    const nodeChecks = record.NodeChecks?.length ? record.NodeChecks : (record.Checks ?? record.NodeChecks);
    db.query(
      `INSERT OR REPLACE INTO sessions (id, name, node, lock_delay_ns, behavior, ttl, node_checks, service_checks,
         create_index, modify_index) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      ID,
      record.Name,
      record.Node,
      record.LockDelay,
      record.Behavior,
      record.TTL,
      nodeChecks && JSON.stringify(nodeChecks),
      ServiceChecks && JSON.stringify(ServiceChecks),
      record.CreateIndex,
      record.ModifyIndex,
    );
    const link = db.query("INSERT OR IGNORE INTO session_checks (node, check_id, session) VALUES (?, ?, ?)");
    const checkIds = [...(nodeChecks ?? []), ...(ServiceChecks ?? []).map((check) => check.ID)];
    for (const checkId of checkIds) link.run(record.Node.toLowerCase(), checkId, ID);
    return true;
  },
  save(db, put) {
    const rows = db
      .query(
        `SELECT id AS ID, name AS Name, node AS Node, lock_delay_ns AS LockDelay, behavior AS Behavior, ttl AS TTL,
           node_checks AS NodeChecks, service_checks AS ServiceChecks, create_index AS CreateIndex,
           modify_index AS ModifyIndex FROM sessions ORDER BY id`,
      )
      .iterate() as Iterable<Row>;
    for (const row of rows) {
      const NodeChecks = JSON.parse(row.NodeChecks ?? "null") as Session["NodeChecks"];
      const ServiceChecks = JSON.parse(row.ServiceChecks ?? "null") as Session["ServiceChecks"];
      put({ ...row, NodeChecks, ServiceChecks, Checks: null });
    }
  },
};
