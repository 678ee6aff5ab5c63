import { afterEach, describe, expect, test } from "bun:test";
import { runInProcess } from "../../support/cli/run-in-process.ts";

const ID = "3647af05-5436-6861-b34b-48811936afdb";
const SESSION = {
  ID,
  Name: "deploy",
  Node: "n1",
  LockDelay: 15_000_000_000,
  Behavior: "release",
  TTL: "30s",
  NodeChecks: ["serfHealth"],
  ServiceChecks: null,
  CreateIndex: 10,
  ModifyIndex: 11,
};

let server: Bun.Server<undefined> | undefined;
afterEach(() => server?.stop(true));

/** Runs `session …` against an agent that gives one answer, and tells what was asked. */
async function session(answer: unknown, words: readonly string[], status = 200) {
  const asked: string[] = [];
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      asked.push(`${request.method} ${pathname}${search} ${await request.text()}`.trimEnd());
      return typeof answer === "string" ? new Response(answer, { status }) : Response.json(answer, { status });
    },
  });
  const env = { CONSUL_HTTP_ADDR: `127.0.0.1:${server.port}` };
  return { ...(await runInProcess(["session", ...words], { env })), asked };
}

describe("session", () => {
  test("list prints a table, of a node too", async () => {
    const { stdout, asked } = await session([SESSION, { ...SESSION, Name: "", TTL: "" }], ["list", "-node=n1"]);
    expect(asked).toEqual(["GET /v1/session/node/n1"]);
    expect(stdout).toBe(
      [
        "ID                                    Node  Name    TTL  Behavior  LockDelay",
        `${ID}  n1    deploy  30s  release   15s`,
        `${ID}  n1    -       -    release   15s`,
        "",
      ].join("\n"),
    );
  });

  test("list says so when there is none", async () => {
    expect(await session([], ["list"])).toMatchObject({ exit: 0, stdout: "", stderr: "There are no sessions.\n" });
  });

  test("info prints field by field, and fails for an unknown ID", async () => {
    const { stdout } = await session([SESSION], ["info", ID]);
    expect(stdout).toContain("Checks           serfHealth\n");
    expect(stdout).toContain("LockDelay        15s\n");
    expect(await session([], ["info", ID])).toMatchObject({ exit: 1, stderr: `No session exists with ID: ${ID}\n` });
  });

  test("create prints the bare ID and sends what was said", async () => {
    const { stdout, asked } = await session({ ID }, [
      "create",
      "-name=x",
      "-ttl=30s",
      "-check=a",
      "-check=b",
      "-lock-delay=5s",
      "-stale",
    ]);
    expect(stdout).toBe(`${ID}\n`);
    expect(asked).toEqual([
      'PUT /v1/session/create {"Behavior":"release","LockDelay":"5s","Name":"x","TTL":"30s","Checks":["a","b"]}',
    ]);
  });

  test("renew tells the TTL, and fails for a session that ended", async () => {
    expect((await session([SESSION], ["renew", ID])).stdout).toBe(`Renewed session: ${ID} (TTL 30s)\n`);
    expect(await session("gone", ["renew", ID], 404)).toMatchObject({
      exit: 1,
      stderr: `No session exists with ID: ${ID}\n`,
    });
  });

  test("destroy is content with any ID", async () => {
    const { stdout, asked } = await session("true", ["destroy", ID]);
    expect([stdout, asked]).toEqual([`Destroyed session: ${ID}\n`, [`PUT /v1/session/destroy/${ID}`]]);
  });

  test.each(["info", "renew", "destroy"])("%s needs one ID", async (word) => {
    expect((await session("", [word])).stderr).toBe("Missing ID argument\n");
    expect((await session("", [word, "a", "b"])).stderr).toBe("Too many arguments (expected 1, got 2)\n");
  });

  test.each([
    [["list"], [SESSION], [SESSION]],
    [["info", ID], [SESSION], SESSION],
    [["create"], { ID }, { ID }],
    [["renew", ID], [SESSION], SESSION],
    [["destroy", ID], "true", { ID }],
  ])("%p prints JSON with -format=json", async (words, answer, document) => {
    const [word = "", ...args] = words;
    expect(JSON.parse((await session(answer, [word, "-format=json", ...args])).stdout)).toEqual(document as never);
  });
});
