import { sql } from "drizzle-orm";
import type { AutopilotConfiguration } from "../../model/autopilot.ts";
import type { Change } from "../change.ts";
import { prepared } from "../db.ts";
import { autopilotGet } from "./queries.ts";
import { autopilot } from "./tables.ts";

/** Replaces what autopilot goes by, only while its ModifyIndex is `cas` when that is given (0: while there is none). */
export interface AutopilotCommand {
  type: "autopilot.set";
  configuration: AutopilotConfiguration;
  cas?: number | undefined;
}

const statements = prepared((db) => ({
  remove: db.delete(autopilot).prepare(),
  insert: db
    .insert(autopilot)
    .values({
      doc: sql.placeholder("doc"),
      createIndex: sql.placeholder("createIndex"),
      modifyIndex: sql.placeholder("modifyIndex"),
    })
    .prepare(),
}));

/** True when it was set; false when `cas` did not hold. */
export function applyAutopilot(change: Change, { configuration, cas }: AutopilotCommand): boolean {
  const before = autopilotGet(change.db);
  if (cas !== undefined && cas !== (before?.ModifyIndex ?? 0)) return false;
  const run = statements(change.db);
  run.remove.run();
  run.insert.run({
    doc: configuration,
    createIndex: before?.CreateIndex ?? change.index,
    modifyIndex: change.index,
  });
  return true;
}
