import { expect, test } from "bun:test";
import { exactText, type Of, real, struct } from "../../../../src/codec/msgpack/shape.ts";
import { serveKept } from "../../../../src/state/kept-records/serve.ts";
import type { RecordKind } from "../../../../src/state/records/kind.ts";
import { RECORD_KINDS } from "../../../../src/state/records/table.ts";
import { emptyState, loaded, rowsOf, saved, stateBinWith } from "../../../support/state-archive.ts";

const shape = struct({ Name: exactText, Size: real });

/** What a later version might do with policies. */
const policies: RecordKind<Of<typeof shape>> = {
  type: 19,
  shape,
  tables: ["policies"],
  load(db, { Name, Size }) {
    if (Name === "unfit") return false;
    db.query("INSERT INTO policies VALUES (?, ?)").run(Name, Size);
    return true;
  },
  finish: (db) => db.run("INSERT INTO policies VALUES ('derived', 0)"),
  save: () => undefined,
};
const later = RECORD_KINDS.map((kind) => (kind.type === 19 ? policies : kind));

function stateWith(...records: [type: number, value: unknown][]) {
  const db = emptyState();
  loaded(db, stateBinWith(records));
  db.run("CREATE TABLE policies (name, size)");
  return db;
}

test("a version that serves a kind takes the records that were kept, in their order; those of other kinds stay", () => {
  const db = stateWith([19, { Name: "b", Size: 2 }], [17, { Name: "t" }], [19, { Name: "a", Size: 1 }]);
  serveKept(db, later);
  expect(db.query("SELECT name FROM policies").all()).toEqual([{ name: "b" }, { name: "a" }, { name: "derived" }]);
  expect(db.query("SELECT type FROM kept_records").all()).toEqual([{ type: 17 }]);
  const before = rowsOf(db);
  serveKept(db, later);
  expect(rowsOf(db)).toEqual(before);
});

test("what its tables can't hold stays kept, and is saved", () => {
  const db = stateWith([19, { Name: "unfit" }], [19, "no map"], [19, { Name: "a", Size: 1 }]);
  serveKept(db, later);
  expect(db.query("SELECT count(*) AS n FROM kept_records").get()).toEqual({ n: 2 });
  const again = emptyState();
  again.run("CREATE TABLE policies (name, size)");
  expect(loaded(again, saved(db)).kept).toEqual({ ACLPolicy: 2 });
});

test("a state of before has no table for them", () => {
  const db = emptyState();
  db.run("DROP TABLE kept_records");
  serveKept(db, later);
});
