import { describe, expect, test } from "bun:test";
import { encodeSerf } from "../../../../src/gossip/wire/serf.ts";
import { HOUR_MS, MemoryKeys, type SerfNode, SerfWorld, text } from "../../../support/gossip/serf-world.ts";
import { settle } from "../../../support/manual-clock.ts";

const A = "a".repeat(16);
const B = "b".repeat(16);
const base64 = (key: string) => Buffer.from(key).toString("base64");

function pool(...rings: (MemoryKeys | undefined)[]): { world: SerfWorld; nodes: SerfNode[]; first: SerfNode } {
  const world = new SerfWorld();
  const nodes = rings.map((keyring, i) => world.add(`n${i}`, { keyring }));
  for (const node of nodes) for (const other of nodes) if (other !== node) node.knows(other.swim.self);
  return { world, nodes, first: nodes[0] as SerfNode };
}

/** Gossip and answers until all has come to rest. */
async function rest(world: SerfWorld): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await world.gossip();
    await settle();
    await world.pass(5);
  }
}

describe("orders to all members about keys (Serf's key manager)", () => {
  test("a rotation: install, use, remove; over as soon as all have answered", async () => {
    const rings = [new MemoryKeys(A), new MemoryKeys(A), new MemoryKeys(A)];
    const { world, first } = pool(...rings);
    for (const order of [
      first.serf.keys.install(base64(B)),
      first.serf.keys.use(base64(B)),
      first.serf.keys.remove(base64(A)),
    ]) {
      await rest(world);
      expect(await order).toMatchObject({ members: 3, responses: 3, errors: 0 });
    }
    expect(rings.map(({ list }) => list)).toEqual([[B], [B], [B]]);
    const list = first.serf.keys.list();
    await rest(world);
    const { keys, primaryKeys, messages } = await list;
    expect([...keys]).toEqual([[base64(B), 3]]);
    expect([...primaryKeys]).toEqual([[base64(B), 3]]);
    expect(messages.size).toBe(0);
  });

  test("who fails says why; who is silent is missed when the time is over", async () => {
    const { world, nodes, first } = pool(new MemoryKeys(A), undefined, new MemoryKeys(A));
    (nodes[2] as SerfNode).isDown = true;
    const order = first.serf.keys.install(base64(B));
    await rest(world);
    await world.pass(HOUR_MS);
    const { members, responses, errors, messages } = await order;
    expect({ members, responses, errors }).toEqual({ members: 3, responses: 2, errors: 1 });
    expect([...messages]).toEqual([["n1", "No keyring to modify (encryption not enabled)"]]);
  });

  test("an answer that is none counts as an error", async () => {
    const { world, first } = pool(new MemoryKeys(A), new MemoryKeys(A));
    const order = first.serf.keys.list();
    await settle();
    const query = first.waiting().find((message) => message.type === "query");
    for (const [from, payload] of [
      ["n1", text("nonsense")],
      ["n2", encodeSerf({ type: "join", ltime: 1, node: "x" })],
    ] as const) {
      first.knows({ ...first.swim.self, name: from });
      first.hears({ type: "queryResponse", ltime: query?.ltime ?? 0, id: query?.id ?? 0, from, isAck: false, payload });
    }
    await world.pass(HOUR_MS);
    const { errors, messages } = await order;
    expect(errors).toBeGreaterThan(0);
    expect(messages.get("n1")).toStartWith("Failed to decode key query response");
  });

  test("a key that is no base64 is refused here, as Go says it; padding and ends of lines are as Go has them", async () => {
    const { world, first } = pool(new MemoryKeys(A));
    const refusal = (key: string) => first.serf.keys.install(key).catch((error: Error) => error.message);
    expect(await refusal("abc")).toBe("illegal base64 data at input byte 0");
    expect(await refusal("abcdef")).toBe("illegal base64 data at input byte 4");
    expect(await refusal("ab!d")).toBe("illegal base64 data at input byte 2");
    const order = first.serf.keys.install(`${base64(B)}\n`);
    await rest(world);
    expect(await order).toMatchObject({ errors: 0 });
  });

  test("orders are done one after the other, and a refused one does not hold the next", async () => {
    const { world, first } = pool(new MemoryKeys(A));
    const refused = first.serf.keys.install("abc").catch((error: Error) => error.message);
    const list = first.serf.keys.list();
    await rest(world);
    expect(await refused).toStartWith("illegal base64");
    expect(await list).toMatchObject({ responses: 1 });
  });
});
