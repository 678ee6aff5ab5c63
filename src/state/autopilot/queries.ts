import type { StoredAutopilotConfiguration } from "../../model/autopilot.ts";
import { prepared, type StateDb } from "../db.ts";
import { autopilot } from "./tables.ts";

const statements = prepared((db) => ({ one: db.select().from(autopilot).limit(1).prepare() }));

/** What autopilot goes by; undefined before the first leader of the cluster wrote it. */
export function autopilotGet(db: StateDb): StoredAutopilotConfiguration | undefined {
  const row = statements(db).one.get();
  return row && { ...row.doc, CreateIndex: row.createIndex, ModifyIndex: row.modifyIndex };
}
