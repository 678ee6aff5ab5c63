import { describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { MemoryFileStore } from "../../../src/platform/file-store.ts";
import { failureOf } from "../../support/failure-of.ts";
import { WHY_NOT } from "./harness/agent.ts";
import { Rig } from "./harness/rig.ts";
import { until } from "./harness/world.ts";

const rig = new Rig();
const newKey = (bytes: number) => randomBytes(bytes).toString("base64");

describe.skipIf(WHY_NOT !== "")(`encryption with Debian's serf ${WHY_NOT}`, () => {
  test.each([16, 24, 32])("a key of %d bytes: both sides join, events and queries pass", async (bytes) => {
    const key = newKey(bytes);
    const { s1, s2, m } = await rig.three({ key });
    const n = await rig.muster("n", { encryptKey: key });
    expect((await s2.run("join", `${n.pool.at.address}:${n.pool.at.port}`)).code).toBe(0);
    await rig.agreed([s1, s2, m, n], ["m", "n", "s1", "s2"]);
    m.pool.userEvent("sealed", new TextEncoder().encode("letter"), false);
    await until("all hear", () => [s1, s2].every((agent) => agent.heard().includes("user sealed letter")));
  });

  test("another key, no key, and a key where there is none: nobody joins, and the text says why", async () => {
    const [sealed, open] = await Promise.all([rig.serf("sealed", { key: newKey(32) }), rig.serf("open")]);
    const [wrong, none] = await Promise.all([rig.muster("wrong", { encryptKey: newKey(32) }), rig.muster("none")]);
    expect((await failureOf(wrong.pool.join([sealed.at]))).message).toMatch(/key/);
    expect((await failureOf(none.pool.join([sealed.at]))).message).toMatch(/encrypt/);
    expect((await failureOf(wrong.pool.join([open.at]))).message).toMatch(/encrypt/);
    expect((await sealed.run("join", `${wrong.pool.at.address}:${wrong.pool.at.port}`)).code).toBe(1);
    expect((await sealed.run("join", `${none.pool.at.address}:${none.pool.at.port}`)).code).toBe(1);
    const refused = await open.run("join", `${wrong.pool.at.address}:${wrong.pool.at.port}`);
    expect(refused.code).toBe(1);
    expect([wrong, none].flatMap(({ pool }) => pool.members().map(({ name }) => name))).toEqual(["wrong", "none"]);
    expect([...(await sealed.members()), ...(await open.members())].map(({ name }) => name)).toEqual([
      "sealed",
      "open",
    ]);
  });

  test("serf keys rotates the key of all, and the file of this program follows", async () => {
    const [old, fresh] = [newKey(16), newKey(32)];
    const files = new MemoryFileStore();
    const [s1, s2, m] = await Promise.all([
      rig.serf("s1", { key: old }),
      rig.serf("s2", { key: old }),
      rig.muster("m", { encryptKey: old, files }),
    ]);
    await m.pool.join([s1.at, s2.at]);
    await rig.agreed([s1, s2, m], ["m", "s1", "s2"]);
    for (const order of [`-install=${fresh}`, `-use=${fresh}`, `-remove=${old}`]) {
      expect(await s1.run("keys", order)).toMatchObject({ code: 0 });
    }
    const list = await s1.run("keys", "-list");
    expect(list.output).toContain(`${fresh}  [3/3]`);
    expect(list.output).not.toContain(old);
    await until("the file is written", async () => (await files.read("local.keyring")).includes(fresh));
    expect(JSON.parse(await files.read("local.keyring"))).toEqual([fresh]);
    m.pool.userEvent("after", new Uint8Array(), false);
    await until("the agents still hear this program", () => s2.heard().includes("user after "));
    expect((await s1.run("keys", `-remove=${fresh}`)).code).toBe(1);
  });

  test("agents obey this program's orders about keys", async () => {
    const [old, fresh] = [newKey(32), newKey(32)];
    const { s1, s2, m } = await rig.three({ key: old });
    for (const result of [
      await m.pool.keys.install(fresh),
      await m.pool.keys.use(fresh),
      await m.pool.keys.remove(old),
    ]) {
      expect(result).toMatchObject({ members: 3, responses: 3, errors: 0 });
    }
    const listed = await m.pool.keys.list({ relayFactor: 1 });
    expect([...listed.keys]).toEqual([[fresh, 3]]);
    expect([...listed.primaryKeys]).toEqual([[fresh, 3]]);
    expect((await s2.run("keys", "-list")).output).toContain(`${fresh}  [3/3]`);
    const bad = await m.pool.keys.remove(fresh);
    expect(bad.errors).toBe(3);
    expect(bad.messages.get("s1")).toMatch(/primary/);
    expect((await s1.members()).filter(({ status }) => status === "alive")).toHaveLength(3);
  });
});
