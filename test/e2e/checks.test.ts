import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Agent, until } from "../support/e2e/agent.ts";
import { addressesOf, ask, read } from "./harness/ask.ts";
import { withRig } from "./harness/rig.ts";

interface Check {
  readonly CheckID: string;
  readonly Status: string;
  readonly Output: string;
}

const OUTPUT_BYTES_MAX = 4096;

async function check(agent: Agent, id: string): Promise<Check> {
  const found = (await read<Record<string, Check>>(`${agent.url}/v1/agent/checks`))[id];
  if (found === undefined) throw new Error(`no check ${id}`);
  return found;
}

async function untilCheck(agent: Agent, id: string, status: string, output = ""): Promise<Check> {
  let last: Check | undefined;
  await until(async () => {
    last = await check(agent, id);
    return last.Status === status && last.Output.includes(output);
  }, `${id} to be ${status} ${output}`).catch((error: Error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
  });
  return last as Check;
}

async function register(agent: Agent, definition: Record<string, unknown>): Promise<void> {
  expect(await ask(`${agent.url}/v1/agent/check/register`, "PUT", definition)).toMatchObject({ status: 200, text: "" });
}

/** Checks run every second, and one after the other sees a change. */
const SEVERAL_ROUNDS_MS_MAX = 30_000;

test("script checks: 0 is passing, 1 warning, any other critical, with the output, which has a limit", () =>
  withRig(async (rig) => {
    const agent = await rig.dev(["-enable-script-checks"]);
    const run = (Name: string, script: string) => register(agent, { Name, Args: ["sh", "-c", script], Interval: "1s" });
    await run("zero", "echo fine");
    await run("one", "echo so-so; exit 1");
    await run("two", "echo bad >&2; exit 2");
    await run("killed", "kill -9 $$");
    await run("flood", "head -c 3000000 /dev/zero | tr '\\0' x; exit 1");
    await untilCheck(agent, "zero", "passing", "fine");
    await untilCheck(agent, "one", "warning", "so-so");
    await untilCheck(agent, "two", "critical", "bad");
    await untilCheck(agent, "killed", "critical");
    const { Output } = await untilCheck(agent, "flood", "warning", "xxx");
    expect(Output.length).toBeLessThan(OUTPUT_BYTES_MAX + 200);
    expect(Output).toContain("Captured 4096 of 3000000 bytes");
  }));

test("a script that outlives its timeout is critical, and its children die with it", () =>
  withRig(async (rig) => {
    const agent = await rig.dev(["-enable-script-checks"]);
    const pids = join(rig.dir, "pids");
    // The child and the grandchild ignore TERM and HUP.
    const script = `trap '' TERM HUP; (trap '' TERM HUP; echo $$ >> ${pids}; sleep 600) & echo $! >> ${pids}; wait`;
    await register(agent, { Name: "slow", Args: ["sh", "-c", script], Interval: "1s", Timeout: "300ms" });
    await untilCheck(agent, "slow", "critical", "imed out");
    // The first run wrote two; more come every second.
    const first = readFileSync(pids, "utf8").split("\n").slice(0, 2);
    expect(first.join(" ")).toMatch(/^\d+ \d+$/);
    await until(async () => !first.some((pid) => existsSync(`/proc/${pid}`)), "the end of the script and its children");
    // A run that is under way ends with its agent, unless that is killed.
    await agent.stop();
  }));

test("scripts are refused over the API unless they are enabled", () =>
  withRig(async (rig) => {
    const agent = await rig.dev();
    const body = { Name: "x", Args: ["true"], Interval: "1h" };
    expect(await ask(`${agent.url}/v1/agent/check/register`, "PUT", body)).toMatchObject({
      status: 500,
      text: expect.stringContaining("Scripts are disabled on this agent"),
    });
  }));

test(
  "HTTP and TCP checks follow a real listener: passing, warning for 429, critical for 500 and when it is gone; DNS and health follow",
  () =>
    withRig(async (rig) => {
      const agent = await rig.dev();
      let status = 200;
      const web = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("hello", { status }) });
      const tcp = createServer((socket) => socket.end());
      await new Promise<void>((done) => tcp.listen(0, "127.0.0.1", done));
      const { port } = tcp.address() as { port: number };
      const Checks = [
        { CheckID: "by-http", HTTP: web.url.href, Interval: "1s" },
        { CheckID: "by-tcp", TCP: `127.0.0.1:${port}`, Interval: "1s" },
      ];
      const service = { Name: "web", Address: "127.0.0.8", Port: 80, Checks };
      expect((await ask(`${agent.url}/v1/agent/service/register`, "PUT", service)).status).toBe(200);
      await untilCheck(agent, "by-http", "passing", "HTTP GET");
      await untilCheck(agent, "by-tcp", "passing");
      await until(async () => (await addressesOf(agent.dnsPort, "web.service.consul")).join() === "127.0.0.8", "DNS");
      status = 429;
      await untilCheck(agent, "by-http", "warning", "429");
      status = 500;
      await untilCheck(agent, "by-http", "critical", "500");
      await until(
        async () => (await addressesOf(agent.dnsPort, "web.service.consul")).length === 0,
        "no answer of DNS",
      );
      expect(await read<unknown[]>(`${agent.url}/v1/health/service/web?passing`)).toEqual([]);
      status = 200;
      await untilCheck(agent, "by-http", "passing");
      await new Promise((done) => tcp.close(done));
      await untilCheck(agent, "by-tcp", "critical", "refused");
      await web.stop(true);
      await untilCheck(agent, "by-http", "critical", "refused");
    }),
  SEVERAL_ROUNDS_MS_MAX,
);

test("a TTL check that nobody renews becomes critical", () =>
  withRig(async (rig) => {
    const agent = await rig.dev();
    await register(agent, { Name: "ttl", TTL: "500ms", Status: "passing" });
    await ask(`${agent.url}/v1/agent/check/pass/ttl?note=alive`, "PUT");
    await untilCheck(agent, "ttl", "critical", "TTL expired");
    await ask(`${agent.url}/v1/agent/check/warn/ttl?note=again`, "PUT");
    expect(await check(agent, "ttl")).toMatchObject({ Status: "warning", Output: "again" });
  }));

test("after kill -9 the agent has its services and checks again, and a TTL check what it last said", () =>
  withRig(async (rig) => {
    const first = await rig.server();
    const web = { Name: "web", Address: "127.0.0.8", Meta: { a: "b" }, Tags: ["t"], Check: { TTL: "1h" } };
    await ask(`${first.url}/v1/agent/service/register`, "PUT", web);
    await register(first, { Name: "mem", TTL: "1h" });
    // Of another service, or a critical check of the node would take web out of DNS.
    await ask(`${first.url}/v1/agent/service/register`, "PUT", { Name: "other" });
    await register(first, { Name: "short", TTL: "200ms", ServiceID: "other" });
    for (const id of ["mem", "short"]) await ask(`${first.url}/v1/agent/check/warn/${id}?note=low`, "PUT");
    await ask(`${first.url}/v1/agent/check/pass/service:web?note=well`, "PUT");
    await ask(`${first.url}/v1/agent/service/register`, "PUT", { Name: "gone" });
    await ask(`${first.url}/v1/agent/service/deregister/gone`, "PUT");
    await untilCheck(first, "short", "critical");
    const services = await read<Record<string, unknown>>(`${first.url}/v1/agent/services`);
    await first.stop("SIGKILL");

    const second = await rig.server();
    expect(await read<Record<string, unknown>>(`${second.url}/v1/agent/services`)).toEqual(services);
    expect(await check(second, "service:web")).toMatchObject({ Status: "passing", Output: "well" });
    expect(await check(second, "mem")).toMatchObject({ Status: "warning", Output: "low" });
    expect(await check(second, "short")).toMatchObject({ Status: "critical" });
    await until(async () => (await addressesOf(second.dnsPort, "web.service.consul")).join() === "127.0.0.8", "DNS");
  }));
