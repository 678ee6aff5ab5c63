import { describe, expect, test } from "bun:test";
import { type Alive, OWN_VERSIONS, type PushedNode } from "../../../../src/gossip/messages.ts";
import { refusalOfAlive, refusalOfMerge } from "../../../../src/gossip/serf/admission.ts";
import type { PoolMember } from "../../../../src/gossip/types.ts";
import { encodeTags } from "../../../../src/gossip/wire/tags.ts";

const AT = { address: "10.0.0.1", port: 8301 };
const wrongDatacenter = (members: readonly PoolMember[]) =>
  members.find(({ tags }) => tags.dc !== "dc1") === undefined ? undefined : "part of wrong datacenter";

const alive = (parts: Partial<Alive> = {}): Alive => ({
  type: "alive",
  incarnation: 1,
  node: "a",
  at: AT,
  meta: encodeTags({ dc: "dc1" }),
  versions: OWN_VERSIONS,
  ...parts,
});
const pushed = (name: string, dc: string, parts: Partial<PushedNode> = {}): PushedNode => ({
  name,
  at: AT,
  meta: encodeTags({ dc }),
  incarnation: 1,
  state: "alive",
  versions: OWN_VERSIONS,
  ...parts,
});

describe("who is taken in", () => {
  test("is for those above to say, who see its tags", () => {
    expect(refusalOfAlive(alive(), wrongDatacenter)).toBeUndefined();
    expect(refusalOfAlive(alive({ meta: encodeTags({ dc: "dc2" }) }), wrongDatacenter)).toBe(
      "part of wrong datacenter",
    );
  });

  test("nobody who does not say what it speaks, nor with more tags than fit", () => {
    expect(refusalOfAlive(alive({ versions: undefined }), () => undefined)).toContain("protocol versions");
    expect(refusalOfAlive(alive({ meta: new Uint8Array(513) }), () => undefined)).toContain("limit of 512 bytes");
    expect(refusalOfMerge([pushed("a", "dc1", { meta: new Uint8Array(513) })], () => undefined)).toContain("512");
  });

  test("a merge is refused as a whole; those that are gone are shown as such (Serf's merge delegate shows who left)", () => {
    const seen: string[] = [];
    const refuse = (members: readonly PoolMember[]) => {
      seen.push(...members.map(({ name, status }) => `${name} ${status}`));
      return wrongDatacenter(members);
    };
    const left = pushed("b", "dc1", { state: "left", versions: undefined });
    const nodes = [pushed("a", "dc1"), left, pushed("d", "dc1", { state: "dead" })];
    expect(refusalOfMerge(nodes, refuse)).toBeUndefined();
    expect(seen).toEqual(["a none", "b left", "d failed"]);
    expect(refusalOfMerge([...nodes, pushed("c", "dc2")], refuse)).toBe("part of wrong datacenter");
  });
});
