import { describe, expect, test } from "bun:test";
import { MsgpackWriter } from "../../../../src/codec/msgpack/writer.ts";
import { Refusal } from "../../../../src/lib/refusal.ts";
import { STATE_SCHEMA } from "../../../../src/state/commands.ts";
import { emptyState, loaded, rowsOf, saved } from "../../../support/state-archive.ts";

const own = (write: (writer: MsgpackWriter) => void): Uint8Array => {
  const writer = new MsgpackWriter();
  writer.map(1);
  writer.text("LastIndex");
  writer.uint(9);
  write(writer);
  return writer.take();
};

describe("rows that Consul has none of", () => {
  test("come back with every kind of value", () => {
    const db = emptyState();
    db.query("INSERT INTO deregistrations VALUES (?, ?, ?, ?, ?, ?)").run(
      "id",
      "service",
      "web",
      7,
      2 ** 40,
      '{"a":1}',
    );
    db.run("CREATE TABLE more (a, b, c, d, e)");
    db.query("INSERT INTO more VALUES (?, ?, ?, ?, ?)").run(null, -5, 1.5, "é", new Uint8Array([0, 255]));
    const again = emptyState();
    again.run("CREATE TABLE more (a, b, c, d, e)");
    loaded(again, saved(db));
    expect(rowsOf(again)).toEqual(rowsOf(db));
  });

  test("of a newer version are refused as a whole: by its format, a table or a column", () => {
    const refused = (sql: string, what: string) => {
      const db = emptyState();
      db.run("INSERT INTO deregistrations VALUES ('id', 'service', 'web', 7, 8, '{}')");
      db.run(sql);
      expect(() => loaded(emptyState(), saved(db))).toThrow(
        new Refusal(`failed to restore snapshot: a newer version wrote it (${what})`),
      );
    };
    refused("PRAGMA user_version = 99", `format 99; this program knows up to ${STATE_SCHEMA.length}`);
    refused("CREATE TABLE future AS SELECT 1 AS a", "table future");
    refused("ALTER TABLE deregistrations ADD COLUMN more", "column deregistrations.more");
  });

  test("rows can't be put where they don't belong", () => {
    for (const table of ["applied", "kv", "sqlite_schema", "no; DROP TABLE kv"]) {
      const stateBin = own((writer) => {
        writer.byte(29);
        writer.json({ Muster: { Table: table, Columns: ["idx"], Row: [] } });
      });
      expect(() => loaded(emptyState(), stateBin)).toThrow(Refusal);
    }
  });
});
