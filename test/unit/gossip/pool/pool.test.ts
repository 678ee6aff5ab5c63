import { afterEach, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import type { Endpoint } from "../../../../src/gossip/messages.ts";
import { TIMINGS } from "../../../../src/gossip/timing.ts";
import type { PoolOptions } from "../../../../src/gossip/types.ts";
import { MemoryFileStore } from "../../../../src/platform/file-store.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { type Member, startMember } from "../../../support/gossip/member.ts";

const open: Member[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ pool }) => pool.close()));
});

/** Deaths are noticed in about a second. */
const QUICK = {
  ...TIMINGS.lan,
  probeIntervalMs: 200,
  probeTimeoutMs: 100,
  gossipIntervalMs: 20,
  suspicionMult: 3,
};
const newKey = () => randomBytes(32).toString("base64");

async function start(name: string, options: Partial<PoolOptions> & { address?: string } = {}): Promise<Member> {
  const { address = "127.88.4.201", ...rest } = options;
  const member = await startMember(name, address, { timing: QUICK, leavePropagateDelayMs: 50, ...rest });
  open.push(member);
  return member;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(5);
}

const alive = ({ pool }: Member) =>
  pool
    .members()
    .filter(({ status }) => status === "alive")
    .map(({ name }) => name)
    .join(" ");

async function kill(member: Member): Promise<void> {
  open.splice(open.indexOf(member), 1);
  await member.pool.close();
}

describe("a pool", () => {
  test.each([
    ["IPv4", "127.88.4.201", "127.88.4.201"],
    ["IPv6", "::1", "::1"],
    ["all addresses", "0.0.0.0", "127.88.4.202"],
    ["all addresses of both families", "::", "127.88.4.203"],
  ])("bound to %s: members find each other, hear events, and leave", async (_title, bind, advertised) => {
    const where = { bind: { address: bind, port: 0 }, advertise: { address: advertised, port: 0 } };
    const [a, b, c] = [await start("a", where), await start("b", where), await start("c", where)];
    expect(a.pool.at).toEqual({ address: advertised, port: expect.any(Number) });
    await b.pool.join([a.pool.at]);
    await c.pool.join([b.pool.at]);
    await until(() => [a, b, c].every((member) => alive(member) === "a b c"));
    c.pool.userEvent("deploy", new TextEncoder().encode("v1"), false);
    await until(() => [a, b, c].every((member) => member.heard.includes("user deploy v1")));
    await c.pool.leave();
    await until(() => [a, b].every((member) => member.statusOf("c") === "left"));
    expect(a.heard.filter((line) => line.endsWith(" c"))).toEqual(["member-join c", "member-leave c"]);
  });

  test("a member that is gone without a word has failed, and one with its name and another port is taken in", async () => {
    const [a, b, c] = [await start("a"), await start("b"), await start("c")];
    await b.pool.join([a.pool.at, c.pool.at]);
    await until(() => [a, b, c].every((member) => alive(member) === "a b c"));
    await kill(c);
    await until(() => [a, b].every((member) => member.statusOf("c") === "failed"));
    const again = await start("c");
    expect(await again.pool.join([a.pool.at, b.pool.at])).toBe(2);
    await until(() => [a, b].every((member) => member.pool.member("c")?.at.port === again.pool.at.port));
  });

  test("a member whose name a living one has is not taken in: it is told why, and the other once, where", async () => {
    const [a, b, impostor] = [await start("a"), await start("b"), await start("b")];
    await b.pool.join([a.pool.at]);
    const { message } = await failureOf(impostor.pool.join([a.pool.at]));
    expect(message).toContain(`it knows b at ${text(b.pool.at)} and not at ${text(impostor.pool.at)}`);
    await failureOf(impostor.pool.join([b.pool.at]));
    expect(b.conflicts).toEqual([impostor.pool.at]);
    expect(impostor.conflicts).toEqual([b.pool.at]);
  });

  test("with a key: nobody without it is heard or told anything, over packets and streams", async () => {
    const key = newKey();
    const [a, b] = [await start("a", { encryptKey: key }), await start("b", { encryptKey: key })];
    await b.pool.join([a.pool.at]);
    expect([a.pool.keys.isEncrypted, a.pool.stats().encrypted]).toEqual([true, "true"]);
    const [other, none] = [await start("other", { encryptKey: newKey() }), await start("none")];
    expect((await failureOf(other.pool.join([a.pool.at]))).message).toMatch(/No installed keys could decrypt/);
    expect((await failureOf(none.pool.join([a.pool.at]))).message).toMatch(/encrypted/);
    expect((await failureOf(a.pool.join([none.pool.at]))).message).toMatch(/encrypt/);
    expect([alive(a), alive(other), alive(none)]).toEqual(["a b", "other", "none"]);
    expect(a.log.messages("warn")).toContain("a stream of another can't be read");
  });

  test("a pool may go over to encryption without a stop: keys first, then sealing, then refusing what is not sealed", async () => {
    const key = newKey();
    const open_ = await start("open");
    const half = await start("half", { encryptKey: key, verifyIncoming: false, verifyOutgoing: false });
    expect(await half.pool.join([open_.pool.at])).toBe(1);
    half.pool.verify({ incoming: true, outgoing: true });
    const sealed = await start("sealed", { encryptKey: key });
    expect(await sealed.pool.join([half.pool.at])).toBe(1);
    await failureOf(open_.pool.join([sealed.pool.at]));
  });

  test("keys are rotated everywhere, and the files follow; after a start the file counts", async () => {
    const [old, fresh] = [newKey(), newKey()];
    const files = new MemoryFileStore();
    const [a, b] = [await start("a", { encryptKey: old, files }), await start("b", { encryptKey: old })];
    await b.pool.join([a.pool.at]);
    for (const result of [
      await b.pool.keys.install(fresh),
      await b.pool.keys.use(fresh),
      await b.pool.keys.remove(old),
    ]) {
      expect(result).toMatchObject({ members: 2, responses: 2, errors: 0 });
    }
    expect(JSON.parse(await files.read("local.keyring"))).toEqual([fresh]);
    await kill(a);
    await start("a", { encryptKey: old, files, bind: { address: "127.88.4.201", port: a.pool.at.port } });
    await until(() => b.statusOf("a") === "alive");
  });

  test("only members and packets of the networks that are allowed are taken", async () => {
    const a = await start("a", { address: "127.88.5.2", allowed: ["127.88.5.0/24"] });
    const inside = await start("inside", { address: "127.88.5.1" });
    const outside = await start("outside");
    await inside.pool.join([outside.pool.at]);
    await a.pool.join([inside.pool.at]);
    await until(() => a.statusOf("inside") === "alive");
    expect(a.statusOf("outside")).toBeUndefined();
  });

  test("what the layer above refuses is refused: the joiner hears it", async () => {
    const a = await start("a", {
      refuse: (members) => (members.some(({ tags }) => tags.dc === "dc2") ? "part of another datacenter" : undefined),
    });
    const b = await start("b", { tags: { dc: "dc2" } });
    expect((await failureOf(b.pool.join([a.pool.at]))).message).toContain(
      "the peer refused: part of another datacenter",
    );
    expect((await failureOf(a.pool.join([b.pool.at]))).message).toContain("part of another datacenter");
    expect([alive(a), alive(b)]).toEqual(["a", "b"]);
  });

  test("a member that starts again finds its pool by itself, one that left does not", async () => {
    const files = new MemoryFileStore();
    const [a, b] = [await start("a"), await start("b", { files })];
    await b.pool.join([a.pool.at]);
    await kill(b);
    const again = await start("b", { files, bind: b.pool.at });
    await until(() => alive(again) === "a b");
    await again.pool.leave();
    await kill(again);
    const third = await start("b", { files, bind: b.pool.at });
    await Bun.sleep(50);
    expect(alive(third)).toBe("b");
  });

  test("what can't become a member says why, and lets its port go", async () => {
    const a = await start("a");
    const bind = a.pool.at;
    expect((await failureOf(start("b", { bind }))).message).toContain("another program has the port");
    await kill(a);
    const nowhere = { address: "0.0.0.0", port: 0 };
    expect((await failureOf(start("b", { bind, advertise: nowhere }))).message).toContain("others can't reach");
    expect((await failureOf(start("b", { bind, encryptKey: "x" }))).message).toContain("encrypt: ");
    expect((await failureOf(start("b", { bind, tags: { long: "x".repeat(600) } }))).message).toContain("512");
    await start("b", { bind });
  });

  test("after close nothing runs: no timer, no socket, no answer", async () => {
    const [a, b] = [await start("a"), await start("b")];
    await b.pool.join([a.pool.at]);
    await kill(b);
    await kill(b).catch(() => undefined);
    await failureOf(b.pool.join([a.pool.at]));
    await start("b2", { bind: b.pool.at });
  });
});

function text({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}
