import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MsgpackWriter } from "../../../../src/codec/msgpack/writer.ts";
import { Refusal } from "../../../../src/lib/refusal.ts";
import { STATE_SCHEMA } from "../../../../src/state/commands.ts";
import { RECORD_KINDS } from "../../../../src/state/records/table.ts";
import { CONSUL_ARCHIVE } from "../../../support/archives.ts";
import { emptyState, loaded, recordsOf, rowsOf, saved, stateBinOf } from "../../../support/state-archive.ts";

const consul = await stateBinOf(CONSUL_ARCHIVE);
const known = RECORD_KINDS.map(({ type }) => type);

const own = (write: (writer: MsgpackWriter) => void): Uint8Array => {
  const writer = new MsgpackWriter();
  writer.map(1);
  writer.text("LastIndex");
  writer.uint(9);
  write(writer);
  return writer.take();
};

/** What Consul has in a record and nobody sees: how a proxy came to be, and empty where it could be nil. */
const HIDDEN = /"IngressHosts":null,|"TaggedAddresses":(\{\}|null),|"Checks":(null|\["[^"]*"\]),/g;

describe("records of a real archive", () => {
  test("are the same when they were rows in between, each of every kind that is known", () => {
    const db = emptyState();
    const { index } = loaded(db, consul);
    expect(index).toBe(81);
    // Federation states without gateways and chunks say nothing.
    const ofKinds = (stateBin: Uint8Array) =>
      recordsOf(stateBin)
        .filter(({ type, text }) => known.includes(type) && type < 29 && !text.includes('"connect.web"'))
        .map(({ type, text }) => `${type} ${text.replaceAll(HIDDEN, "")}`)
        .sort();
    expect(ofKinds(saved(db, index))).toEqual(ofKinds(consul));
  });

  test("that no noun has a place for are counted by type", () => {
    const { leftOut } = loaded(emptyState(), consul);
    const unknown = recordsOf(consul).filter(({ type }) => !known.includes(type));
    expect(Object.values(leftOut).reduce((sum, count) => sum + count, 0)).toBe(unknown.length);
    if (!known.includes(17)) expect(leftOut).toMatchObject({ ACLToken: 5, ACLPolicy: 3 });
  });

  test("keep the lock of a key, the checks of its session, and what is derived from services", () => {
    const db = emptyState();
    loaded(db, consul);
    const rows = rowsOf(db);
    expect(rows.kv?.find((row) => String(row).includes("locks/a"))).toContain("7a456834-ea46-c031-cf43-692e39351591");
    expect(rows.session_checks).toHaveLength(2);
    expect(rows.service_names).toContain('{"name":"db","instances":3}');
    expect(rows.service_tags).toContain('{"name":"db","tag":"pg","instances":3}');
    expect(rows.indexes).toContain('{"name":"service.db","value":46}');
    // Of what the mesh reaches "web" through, which Consul has no index of.
    expect(rows.indexes).toContain('{"name":"connect.web","value":73}');
  });
});

describe("a state as records", () => {
  const index = fc.integer({ min: 1, max: 2 ** 45 });
  const text = fc.string({ unit: "grapheme", maxLength: 12 });
  const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
  const kv = fc.record({
    key,
    value: fc.option(fc.uint8Array({ maxLength: 300 })),
    flags: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    lockIndex: fc.nat(),
    session: fc.option(fc.uuid()),
    at: index,
    expiresAtMs: fc.option(index),
  });
  const session = fc.record({
    id: fc.uuid(),
    name: text,
    node: key,
    delay: fc.maxSafeNat(),
    ttl: fc.constantFrom("", "15s"),
    checks: fc.option(fc.uniqueArray(key, { maxLength: 3 })),
    at: index,
  });

  test("of any keys, sessions and tombstones comes back row by row, expiries and all", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(kv, { selector: (row) => row.key, maxLength: 12 }),
        fc.uniqueArray(session, { selector: (row) => row.id, maxLength: 6 }),
        fc.uniqueArray(fc.tuple(key, index), { selector: ([name]) => name, maxLength: 6 }),
        (keys, sessions, tombstones) => {
          const db = emptyState();
          for (const row of keys) {
            db.query("INSERT INTO kv VALUES (?, ?, ?, ?, ?, ?, ?, ?)").run(
              row.key,
              row.value,
              row.flags,
              row.lockIndex,
              row.session,
              row.at,
              row.at + 1,
              row.expiresAtMs,
            );
          }
          for (const row of sessions) {
            db.query("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)").run(
              row.id,
              row.name,
              row.node,
              row.delay,
              "delete",
              row.ttl,
              row.checks && JSON.stringify(row.checks),
              row.at,
              row.at,
            );
            for (const check of row.checks ?? []) {
              db.query("INSERT INTO session_checks VALUES (?, ?, ?)").run(row.node.toLowerCase(), check, row.id);
            }
          }
          for (const row of tombstones) db.query("INSERT INTO kv_tombstones VALUES (?, ?)").run(...row);
          const again = emptyState();
          loaded(again, saved(db));
          expect(rowsOf(again)).toEqual(rowsOf(db));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("has the rows of tables that Consul has none of, of every kind of value", () => {
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

  test("of a newer version is refused as a whole: by its format, a table or a column", () => {
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
});

describe("records that are not right", () => {
  test("rows can't be put where they don't belong", () => {
    for (const table of ["applied", "kv", "sqlite_schema", "no; DROP TABLE kv"]) {
      const stateBin = own((writer) => {
        writer.byte(29);
        writer.json({ Muster: { Table: table, Columns: ["idx"], Row: [] } });
      });
      expect(() => loaded(emptyState(), stateBin)).toThrow(Refusal);
    }
  });

  test("a federation state with gateways can't be kept, and is counted", () => {
    const stateBin = own((writer) => {
      writer.byte(30);
      writer.json({ Op: "upsert", State: { Datacenter: "dc1", MeshGateways: [{ ID: "g" }] } });
    });
    expect(loaded(emptyState(), stateBin).leftOut).toEqual({ FederationState: 1 });
  });

  test("a type that nobody knows is counted by its number", () => {
    const stateBin = own((writer) => {
      writer.byte(99);
      writer.json({ any: ["thing"] });
    });
    expect(loaded(emptyState(), stateBin).leftOut).toEqual({ "Unknown(99)": 1 });
  });

  test("with any bytes changed they are loaded or refused, never another error", () => {
    const change = fc.tuple(fc.nat(consul.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(consul.length), (changes, length) => {
        const bytes = new Uint8Array(consul.subarray(0, length < consul.length / 8 ? length : consul.length));
        for (const [at, value] of changes) bytes[at] = value;
        try {
          loaded(emptyState(), bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
