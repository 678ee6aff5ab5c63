import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import dnsPacket from "dns-packet";
import packageJson from "../../package.json" with { type: "json" };
import { type Agent, runExecutable, startAgent, until } from "../support/e2e/agent.ts";

let dir: string;
let running: Agent[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "muster-e2e-"));
  running = [];
});

afterEach(async () => {
  for (const agent of running) await agent.stop("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
});

async function start(...flags: string[]): Promise<Agent> {
  const agent = await startAgent(dir, flags);
  running.push(agent);
  return agent;
}

/** The answers of one question over UDP. */
function resolveName(port: number, name: string, type: "A" | "SRV"): Promise<dnsPacket.Answer[]> {
  const socket = createSocket("udp4");
  return new Promise<dnsPacket.Answer[]>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("message", (bytes) => resolve(dnsPacket.decode(bytes).answers ?? []));
    socket.send(dnsPacket.encode({ type: "query", id: 1, questions: [{ type, name }] }), port, "127.0.0.1");
  }).finally(() => socket.close());
}

async function put(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, { method: "PUT", body: typeof body === "string" ? body : JSON.stringify(body) });
  expect({ url, status: answer.status }).toEqual({ url, status: 200 });
}

describe("the executable", () => {
  test("prints the version of the package", async () => {
    const { code, stdout } = await runExecutable(dir, ["version"]);
    expect(stdout).toContain(packageJson.version);
    expect(code).toBe(0);
  });

  test("runs no code and takes no variables from the folder that it is started in", async () => {
    writeFileSync(join(dir, "bunfig.toml"), 'preload = ["./preload.js"]\n');
    writeFileSync(join(dir, "preload.js"), 'require("node:fs").writeFileSync("ran", "")\n');
    writeFileSync(join(dir, ".env"), "CONSUL_HTTP_ADDR=127.0.0.1:1\n");
    const { stdout } = await runExecutable(dir, ["version"]);
    expect(stdout).toContain(packageJson.version);
    expect(existsSync(join(dir, "ran"))).toBe(false);
    const { stderr } = await runExecutable(dir, ["kv", "get", "x"], { CONSUL_HTTP_ADDR: "127.0.0.1:2" });
    expect(stderr).toContain("127.0.0.1:2");
  });

  test("in development mode takes a registration over HTTP and gives it out over HTTP and DNS", async () => {
    const agent = await start("-dev");
    await put(`${agent.url}/v1/agent/service/register`, { Name: "web", Port: 8080, Address: "127.0.0.9" });
    let found: { Service: { Port: number } }[] = [];
    await until(async () => {
      found = (await (await fetch(`${agent.url}/v1/health/service/web`)).json()) as typeof found;
      return found.length > 0;
    }, "the registration in the catalog");
    expect(found.map(({ Service }) => Service.Port)).toEqual([8080]);
    const [address] = await resolveName(agent.dnsPort, "web.service.consul", "A");
    expect(address).toMatchObject({ type: "A", data: "127.0.0.9" });
    const [srv] = await resolveName(agent.dnsPort, "web.service.consul", "SRV");
    expect(srv).toMatchObject({ type: "SRV", data: { port: 8080 } });
  });

  test("started in development mode writes nothing to disk", async () => {
    const agent = await start("-dev");
    await put(`${agent.url}/v1/kv/a`, "1");
    expect([...new Bun.Glob("**").scanSync({ cwd: dir, dot: true })]).toEqual(["agent.log"]);
  });

  test("killed at once after answers, it still has every key that it acknowledged (its threads start)", async () => {
    const flags = ["-server", "-bootstrap", `-data-dir=${join(dir, "data")}`];
    const first = await start(...flags);
    const keys = Array.from({ length: 64 }, (_, at) => `key-${String(at).padStart(2, "0")}`);
    await Promise.all(keys.map((key) => put(`${first.url}/v1/kv/${key}`, key)));
    await first.stop("SIGKILL");
    expect(existsSync(join(dir, "data/raft/raft.db"))).toBe(true);
    const second = await start(...flags);
    // Consistent: a new leader answers it only when it has applied what was committed before its time.
    let answer: Response | undefined;
    await until(async () => {
      answer = await fetch(`${second.url}/v1/kv/?keys&consistent`);
      return answer.status !== 500;
    }, "the leader to be ready");
    expect(await answer?.json()).toEqual(keys);
  });

  test("stops on SIGTERM", async () => {
    const agent = await start("-dev");
    await agent.stop("SIGTERM");
    expect(await fetch(`${agent.url}/v1/status/leader`).catch((error: { code: string }) => error.code)).toBe(
      "ECONNREFUSED",
    );
  });
});
