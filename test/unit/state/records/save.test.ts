import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { emptyState, loaded, rowsOf, saved } from "../../../support/state-archive.ts";

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
});
