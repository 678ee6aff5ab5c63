import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJoinToken, encodeJoinToken } from "../../../src/config/join-token.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";

let server: Bun.Server<undefined> | undefined;
afterEach(() => server?.stop(true));

/** Runs a command against an agent that answers by path, and tells what was asked. */
async function run(words: readonly string[], answers: Readonly<Record<string, unknown>> = {}, input = "") {
  const asked: string[] = [];
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      asked.push(`${request.method} ${pathname}${search}`);
      const answer = answers[pathname];
      return answer instanceof Response ? answer : Response.json(answer ?? null);
    },
  });
  const env = { CONSUL_HTTP_ADDR: `127.0.0.1:${server.port}` };
  return { ...(await runInProcess(words, { env, input })), asked };
}

describe("members", () => {
  const member = (Name: string, role: string, more = {}) => ({
    ...{ Name, Addr: "10.0.0.1", Port: 8301, Status: 1 },
    Tags: { role, dc: "dc1", vsn: "2", build: "1.8.7:x" },
    ...more,
  });

  test("are servers first, then clients, each by name, as in Consul", async () => {
    const answers = { "/v1/agent/members": [member("b", "node"), member("a", "node"), member("s", "consul")] };
    const { stdout } = await run(["members"], answers);
    expect(stdout.split("\n").map((line) => line.split(" ")[0])).toEqual(["Node", "s", "a", "b", ""]);
  });

  test("have a word for each status", async () => {
    const all = ["none", "alive", "leaving", "left", "failed"];
    const answers = { "/v1/agent/members": all.map((name, Status) => member(name, "node", { Status })) };
    const { stdout } = await run(["members"], answers);
    for (const word of all) expect(stdout).toMatch(new RegExp(`^${word} +10.0.0.1:8301 +${word} `, "m"));
  });

  test("are those that -filter selects, which is the agent's to do", async () => {
    const { asked } = await run(["members", "-filter", "Tags.role == consul"]);
    expect(asked).toEqual(["GET /v1/agent/members?filter=Tags.role+%3D%3D+consul&segment=_all"]);
  });

  test("of all datacenters are none for a client, which is in no such pool", async () => {
    const { exit, stdout, asked } = await run(["members", "-wan"]);
    expect([exit, stdout, asked]).toEqual([2, "", ["GET /v1/agent/members?segment=_all&wan=1"]]);
  });
});

test("force-leave names the pool of all datacenters with -wan", async () => {
  const { exit, asked } = await run(["force-leave", "-wan", "-prune", "n1.dc2"]);
  expect([exit, asked]).toEqual([0, ["PUT /v1/agent/force-leave/n1.dc2?prune=1&wan=1"]]);
});

describe("reachability", () => {
  const found = { Members: 3, Live: ["a", "b"], Missing: [], Unexpected: [] };
  const acks = {
    Acks: [
      { Name: "a", AfterMs: 0.5 },
      { Name: "b", AfterMs: 1.25 },
    ],
  };

  test("tells that all have answered, and who with -verbose", async () => {
    const answers = { "/v1/agent/reachability": { ...found, ...acks } };
    const { exit, stdout } = await run(["reachability", "-verbose"], answers);
    expect([exit, stdout]).toEqual([
      0,
      "Starting reachability test...\nTotal members: 3, live members: 2\n\tAck from 'a' after 0.5 ms\n\tAck from 'b' after 1.25 ms\n" +
        "Successfully contacted all live nodes\n",
    ]);
  });

  test("tells who is missing, with what to look at, and ends with 1", async () => {
    const answers = { "/v1/agent/reachability": { ...found, ...acks, Missing: ["b"], Unexpected: ["x"] } };
    const { exit, stdout, asked } = await run(["reachability", "-wan"], answers);
    expect([exit, asked]).toEqual([1, ["GET /v1/agent/reachability?wan=1"]]);
    expect(stdout).toContain("Received acks from members that do not count as alive:\n\tx\n");
    expect(stdout).toContain("Received less acks than live nodes! Missing acks from:\n\tb\n");
    expect(stdout).toContain("* Check that no nodes are behind a NAT\n");
  });

  test("is JSON for programs", async () => {
    const answers = { "/v1/agent/reachability": { ...found, ...acks, Missing: ["b"] } };
    const { exit, stdout } = await run(["reachability", "-format=json"], answers);
    expect([exit, JSON.parse(stdout)]).toEqual([1, { ...found, ...acks, Missing: ["b"] }]);
  });
});

const KEY = "cg8StVXbQJ0gPvMd9o7yrg==";

describe("join-token create", () => {
  test("prints the token alone on standard output", async () => {
    const { exit, stdout, stderr, asked } = await run([
      ...["join-token", "create", "-encrypt", KEY, "-datacenter", "home", "-join", "10.0.0.1", "-join", "b:8401"],
    ]);
    expect([exit, stderr, asked]).toEqual([0, "", []]);
    expect(decodeJoinToken(stdout)).toEqual({ datacenter: "home", encrypt: KEY, retryJoin: ["10.0.0.1", "b:8401"] });
  });

  test("makes a key when none is given, and says so; takes it from standard input, too", async () => {
    const made = await run(["join-token", "create"]);
    expect(decodeJoinToken(made.stdout)).toMatchObject({ datacenter: "dc1", retryJoin: [] });
    expect(Uint8Array.fromBase64(decodeJoinToken(made.stdout).encrypt)).toHaveLength(32);
    expect(made.stderr).toContain("a new gossip key");
    expect(made.stderr).toContain("names nobody to join");
    const piped = await run(["join-token", "create", "-encrypt", "-"], {}, `${KEY}\n`);
    expect(decodeJoinToken(piped.stdout).encrypt).toBe(KEY);
  });

  test("refuses a key that is none in Consul's words, without printing it", async () => {
    const { exit, stderr } = await run(["join-token", "create", "-encrypt", "YWJj", "-join", "a"]);
    expect([exit, stderr]).toEqual([1, "Invalid encryption key: key size must be 16, 24 or 32 bytes\n"]);
  });

  const agent = {
    "/v1/agent/self": { Config: { Datacenter: "home", NodeName: "n1", Version: "1.8.7" } },
    "/v1/agent/members": [
      { Addr: "10.0.0.1", Port: 8301, Status: 1, Tags: { role: "consul" } },
      { Addr: "fd00::2", Port: 8301, Status: 1, Tags: { role: "consul" } },
      { Addr: "10.0.0.3", Port: 8301, Status: 4, Tags: { role: "consul" } },
      { Addr: "10.0.0.4", Port: 8301, Status: 1, Tags: { role: "node" } },
    ],
  };

  test("takes what the flags leave open from a running server", async () => {
    const PrimaryKeys = { other: 1, [KEY]: 3 };
    const answers = { ...agent, "/v1/operator/keyring": [{ PrimaryKeys }] };
    const { stdout, stderr, asked } = await run(["join-token", "create", "-from-agent"], answers);
    expect(decodeJoinToken(stdout)).toEqual({
      datacenter: "home",
      encrypt: KEY,
      retryJoin: ["10.0.0.1:8301", "[fd00::2]:8301"],
    });
    expect([stderr, asked[1]]).toEqual(["", "GET /v1/operator/keyring?local-only=true"]);
  });

  test("holds no key where gossip is not encrypted; other failures end it", async () => {
    const refused = (text: string) => ({ ...agent, "/v1/operator/keyring": new Response(text, { status: 500 }) });
    const open = await run(
      ["join-token", "create", "-from-agent"],
      refused("Keyring is empty (encryption not enabled)"),
    );
    expect(decodeJoinToken(open.stdout).encrypt).toBe("");
    expect(open.stderr).toContain("Gossip is not encrypted here");
    const client = await run(
      ["join-token", "create", "-from-agent"],
      refused("keyring operations must run against a server node"),
    );
    expect([client.exit, client.stdout]).toEqual([1, ""]);
    expect(client.stderr).toContain("must run against a server node");
  });
});

describe("join-token inspect", () => {
  const token = encodeJoinToken({ datacenter: "home", encrypt: KEY, retryJoin: ["a", "b:1"] });

  test("prints what a token holds, and of the key only what tells two apart", async () => {
    const { exit, stdout } = await run(["join-token", "inspect", token]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Datacenter: home\nGossip key: 128 bits, fingerprint [0-9a-f]{12}\nJoin: a, b:1\n$/);
    const document = JSON.parse((await run(["join-token", "inspect", "-format=json", token])).stdout);
    expect(document).toMatchObject({ Datacenter: "home", Encrypted: true, KeyBits: 128, RetryJoin: ["a", "b:1"] });
    expect(JSON.stringify(document) + stdout).not.toContain(KEY);
    const bare = encodeJoinToken({ datacenter: "home", encrypt: "", retryJoin: [] });
    expect((await run(["join-token", "inspect", bare])).stdout).toBe(
      "Datacenter: home\nGossip key: none\nJoin: nobody\n",
    );
  });

  test("takes a token from a file, standard input or the environment", async () => {
    const dir = mkdtempSync(join(tmpdir(), "token-"));
    try {
      writeFileSync(join(dir, "t"), `${token}\n`);
      const outputs = [
        await run(["join-token", "inspect", `@${dir}/t`]),
        await run(["join-token", "inspect", "-"], {}, token),
        await runInProcess(["join-token", "inspect"], { env: { MUSTER_JOIN_TOKEN: token } }),
      ];
      for (const { stdout } of outputs) expect(stdout).toStartWith("Datacenter: home\n");
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test("refuses what is none", async () => {
    expect(await run(["join-token", "inspect"])).toMatchObject({ exit: 1, stderr: "Missing TOKEN argument\n" });
    expect((await run(["join-token", "inspect", token.slice(0, -2)])).stderr).toContain("was cut or mistyped");
    expect((await run(["join-token", "inspect", "a", "b"])).exit).toBe(1);
  });
});
