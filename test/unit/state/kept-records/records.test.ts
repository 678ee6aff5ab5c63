import { describe, expect, test } from "bun:test";
import { MsgpackReader } from "../../../../src/codec/msgpack/reader.ts";
import { RECORD_KINDS } from "../../../../src/state/records/table.ts";
import { CONSUL_ARCHIVE } from "../../../support/archives.ts";
import { emptyState, loaded, rowsOf, saved, stateBinOf, stateBinWith } from "../../../support/state-archive.ts";

const consul = await stateBinOf(CONSUL_ARCHIVE);
const kept = new Set(RECORD_KINDS.filter(({ isKept }) => isKept).map(({ type }) => type));

/** The bytes of all records of kinds that are kept, in their order, with the type in front. */
function keptBytes(stateBin: Uint8Array): string[] {
  const reader = new MsgpackReader(stateBin);
  reader.skip();
  const found: string[] = [];
  while (reader.left > 0) {
    const type = reader.uint(255);
    const value = reader.value();
    if (kept.has(type)) found.push(`${type} ${value.toHex()}`);
  }
  return found;
}

const oneOf = (...types: number[]) =>
  stateBinWith(types.map((type, at) => [type, { Name: `${type}/${at}`, Half: 0.5 }]));

describe("kinds of records that are not served", () => {
  test("of a real archive are written again byte for byte, in its order", () => {
    const db = emptyState();
    const { kept: counts } = loaded(db, consul);
    expect(counts).toMatchObject({ ACLToken: 5, ACLPolicy: 3, ACLRole: 1, ACLBindingRule: 1, ACLAuthMethod: 1 });
    expect(counts).toMatchObject({ Intention: 2, ConnectCA: 1, ConnectCAProviderState: 1, ConnectCAConfig: 1 });
    expect(keptBytes(consul).length).toBeGreaterThan(15);
    expect(keptBytes(saved(db))).toEqual(keptBytes(consul));
    const again = emptyState();
    loaded(again, saved(db));
    expect(rowsOf(again)).toEqual(rowsOf(db));
  });

  test("are written where Consul has them: tokens before keys, intentions and the CA after autopilot", () => {
    const at = (type: number) => RECORD_KINDS.findIndex((kind) => kind.type === type);
    for (const order of [
      [32, 33, 0],
      [3, 4, 17, 19, 23, 25, 27, 2],
      [9, 12, 13, 14, 15, 30, 31, 16, 35, 38, 40, 42],
    ]) {
      expect(order.map(at)).toEqual(order.map(at).sort((a, b) => a - b));
    }
  });

  test("of versions after 1.8 are written, unless the archive is for a 1.8; then they are counted", () => {
    const db = emptyState();
    const newer = [31, 32, 33, 35, 38, 40, 42];
    const stateBin = oneOf(17, ...newer, 33);
    expect(loaded(db, stateBin).leftOut).toEqual({});
    expect(keptBytes(saved(db)).sort()).toEqual(keptBytes(stateBin).sort());
    expect(keptBytes(saved(db, 1, { withoutNewer: true }))).toEqual(keptBytes(oneOf(17)));
  });
});
