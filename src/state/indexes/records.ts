import { count, exactText, type Of, struct } from "../../codec/msgpack/shape.ts";
import type { RecordDb, RecordKind } from "../records/kind.ts";
import { serviceIndexName } from "../services/touch.ts";

const shape = struct({ Key: exactText, Value: count });

/** Index of a service, in Consul under the name as it is written, here folded. */
const SERVICE = serviceIndexName("");

/** Those of tables that are not known here stay: what their readers have seen must not come again. */
export const indexRecords: RecordKind<Of<typeof shape>> = {
  type: 16,
  shape,
  tables: ["indexes"],
  load(db, { Key, Value }) {
    const name = Key.startsWith(SERVICE) ? Key.toLowerCase() : Key;
    db.query(
      "INSERT INTO indexes (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
    ).run(name, Value);
    return true;
  },
  save(db, put) {
    const spellings = spellingsOfServices(db);
    const rows = db.query("SELECT name, value FROM indexes ORDER BY name").all() as { name: string; value: number }[];
    for (const { name, value } of rows) {
      const written = name.startsWith(SERVICE) ? spellings.get(name.slice(SERVICE.length)) : undefined;
      for (const service of written ?? []) put({ Key: serviceIndexName(service), Value: value });
      if (written === undefined) put({ Key: name, Value: value });
    }
  },
};

function spellingsOfServices(db: RecordDb): Map<string, string[]> {
  const spellings = new Map<string, string[]>();
  for (const { name } of db.query("SELECT name FROM service_names ORDER BY name").all() as { name: string }[]) {
    const folded = name.toLowerCase();
    spellings.set(folded, [...(spellings.get(folded) ?? []), name]);
  }
  return spellings;
}
