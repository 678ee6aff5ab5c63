import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MsgpackWriter } from "../../../../src/codec/msgpack/writer.ts";
import { Refusal } from "../../../../src/lib/refusal.ts";
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

/** Indexes that Consul has none of: of what the mesh reaches a service through, and of gateways before it. */
const OWN_INDEX = /"Key":"(?:connect\.(?:web|ext)|ingress\.dbtcp)"/;

describe("records of a real archive", () => {
  test("are the same when they were rows in between, each of every kind that is known", () => {
    const db = emptyState();
    const { index } = loaded(db, consul);
    expect(index).toBe(81);
    // Federation states without gateways and chunks say nothing.
    const ofKinds = (stateBin: Uint8Array) =>
      recordsOf(stateBin)
        .filter(({ type, text }) => known.includes(type) && type < 29 && !OWN_INDEX.test(text))
        .map(({ type, text }) => `${type} ${text.replaceAll(HIDDEN, "")}`)
        .sort();
    expect(ofKinds(saved(db, index))).toEqual(ofKinds(consul));
  });

  test("that no noun has a place for are counted by type", () => {
    const { leftOut } = loaded(emptyState(), consul);
    const unknown = recordsOf(consul).filter(({ type }) => !known.includes(type));
    expect(Object.values(leftOut).reduce((sum, count) => sum + count, 0)).toBe(unknown.length);
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

describe("records that are not right", () => {
  test("a federation state with a gateway that has no node can't be kept, and is counted", () => {
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
