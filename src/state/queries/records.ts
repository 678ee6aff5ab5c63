import { count, dict, exactText, flag, list, type Of, struct, text, whole } from "../../codec/msgpack/shape.ts";
import { isTemplate, QueryDefinition } from "../../model/prepared-query.ts";
import type { RecordKind } from "../records/kind.ts";

const shape = struct({
  CreateIndex: count,
  DNS: struct({ TTL: text }),
  ID: exactText,
  ModifyIndex: count,
  Name: exactText,
  Service: struct({
    Connect: flag,
    Failover: struct({ Datacenters: list(text), NearestN: whole }),
    IgnoreCheckIDs: list(text),
    Near: text,
    NodeMeta: dict(text),
    OnlyPassing: flag,
    Service: text,
    ServiceMeta: dict(text),
    Tags: list(text),
  }),
  Session: exactText,
  Template: struct({ Regexp: text, RemoveEmptyTags: flag, Type: text }),
  Token: text,
});

export const queryRecords: RecordKind<Of<typeof shape>> = {
  type: 7,
  shape,
  tables: ["prepared_queries"],
  load(db, { CreateIndex, ModifyIndex, ...record }) {
    // In the order of the schema's fields, as the rows that a request makes.
    const query = QueryDefinition.parse({ ...record, ID: record.ID.toLowerCase() });
    db.query(
      `INSERT OR REPLACE INTO prepared_queries (id, name_key, is_template, session, doc, create_index, modify_index)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      query.ID,
      query.Name.toLowerCase(),
      isTemplate(query),
      query.Session,
      JSON.stringify(query),
      CreateIndex,
      ModifyIndex,
    );
    return true;
  },
  save(db, put) {
    const rows = db
      .query("SELECT doc, create_index AS CreateIndex, modify_index AS ModifyIndex FROM prepared_queries ORDER BY id")
      .iterate() as Iterable<{ doc: string; CreateIndex: number; ModifyIndex: number }>;
    for (const { doc, ...indexes } of rows) put({ ...(JSON.parse(doc) as QueryDefinition), ...indexes });
  },
};
