import { count, flag, type Of, struct, text, whole } from "../../codec/msgpack/shape.ts";
import type { AutopilotConfiguration } from "../../model/autopilot.ts";
import type { RecordKind } from "../records/kind.ts";

const shape = struct({
  CleanupDeadServers: flag,
  CreateIndex: count,
  DisableUpgradeMigration: flag,
  LastContactThreshold: whole,
  MaxTrailingLogs: count,
  MinQuorum: count,
  ModifyIndex: count,
  RedundancyZoneTag: text,
  ServerStabilizationTime: whole,
  UpgradeVersionTag: text,
});

export const autopilotRecords: RecordKind<Of<typeof shape>> = {
  type: 9,
  shape,
  tables: ["autopilot"],
  load(db, { CreateIndex, ModifyIndex, ...record }) {
    const doc: AutopilotConfiguration = {
      CleanupDeadServers: record.CleanupDeadServers,
      LastContactThreshold: record.LastContactThreshold,
      MaxTrailingLogs: record.MaxTrailingLogs,
      MinQuorum: record.MinQuorum,
      ServerStabilizationTime: record.ServerStabilizationTime,
      RedundancyZoneTag: record.RedundancyZoneTag,
      DisableUpgradeMigration: record.DisableUpgradeMigration,
      UpgradeVersionTag: record.UpgradeVersionTag,
    };
    db.run("DELETE FROM autopilot");
    db.query("INSERT INTO autopilot (doc, create_index, modify_index) VALUES (?, ?, ?)").run(
      JSON.stringify(doc),
      CreateIndex,
      ModifyIndex,
    );
    return true;
  },
  save(db, put) {
    const row = db
      .query("SELECT doc, create_index AS CreateIndex, modify_index AS ModifyIndex FROM autopilot")
      .get() as { doc: string; CreateIndex: number; ModifyIndex: number } | null;
    if (row === null) return;
    const { doc, ...indexes } = row;
    put({ ...(JSON.parse(doc) as AutopilotConfiguration), ...indexes });
  },
};
