import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readTar } from "../../../src/codec/tar.ts";
import { Collector, runInProcess } from "../../support/cli/run-in-process.ts";
import { ManualClock } from "../../support/manual-clock.ts";

let dir: string;
let server: Bun.Server<undefined>;
let failing: string[];
let hasProfiles: boolean;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "debug-"));
  failing = [];
  hasProfiles = false;
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (failing.includes(pathname)) return new Response("Permission denied", { status: 403 });
      if (pathname.startsWith("/debug/"))
        return hasProfiles
          ? new Response(request.url.split("/pprof/")[1])
          : new Response("404 page not found", { status: 404 });
      if (pathname === "/v1/agent/self") return Response.json({ Config: { Version: "1.8.7" } });
      if (pathname !== "/v1/agent/monitor") return Response.json({ path: pathname });
      return new Response(new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from("a line\n")) }));
    },
  });
});
afterEach(async () => {
  await server.stop(true);
  rmSync(dir, { recursive: true });
});

const out = () => join(dir, "out");
const debug = (clock: ManualClock, ...flags: string[]) =>
  runInProcess(["debug", "-output", out(), ...flags], { env: { CONSUL_HTTP_ADDR: `127.0.0.1:${server.port}` }, clock });

/** Lets captures of `intervalMs` pass until the command ends. */
async function pass<T>(clock: ManualClock, intervalMs: number, running: Promise<T>): Promise<T> {
  let ended = false;
  const result = running.finally(() => {
    ended = true;
  });
  while (!ended) {
    if (clock.pendingMs.includes(intervalMs) && (await logged())) clock.advance(intervalMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return await result;
}

/** The stub's one log line is on its way as soon as it is asked; a turn of the server is enough. */
async function logged(): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${server.port}/v1/agent/host`)).ok;
}

describe("debug", () => {
  test("captures once what is fixed, and each interval what changes, into one archive", async () => {
    const clock = new ManualClock();
    const { exit, stdout, stderr } = await pass(clock, 5_000, debug(clock, "-duration=10s", "-interval=5s"));
    expect(exit).toBe(0);
    expect(stderr).toBe(
      "==> Left out: pprof, since the agent gives no Go profiles: Unexpected response code: 404 (404 page not found)\n",
    );
    expect(stdout).toContain("           Capture: 'metrics, logs, host, agent, cluster'\n");
    expect(stdout).toEndWith(`    Saved debug archive: ${out()}.tar.gz\n`);
    const files = readTar(gunzipSync(readFileSync(`${out()}.tar.gz`)), 20);
    const started = 1_800_000_000;
    expect(files.map(({ name }) => name)).toEqual([
      `out/${started}/consul.log`,
      `out/${started}/metrics.json`,
      `out/${started + 5}/metrics.json`,
      "out/agent.json",
      "out/cluster.json",
      "out/host.json",
      "out/index.json",
    ]);
    expect(readdirSync(dir)).toEqual(["out.tar.gz"]);
  });

  test("captures the profiles of an agent that gives them", async () => {
    hasProfiles = true;
    const clock = new ManualClock();
    await pass(clock, 10_000, debug(clock, "-capture=pprof", "-duration=10s", "-interval=10s", "-archive=false"));
    const at = join(out(), "1800000000");
    expect(readdirSync(at).sort()).toEqual(["goroutine.prof", "heap.prof", "profile.prof", "trace.out"]);
    expect(readFileSync(join(at, "profile.prof"), "utf8")).toBe("profile?seconds=10");
    expect(readFileSync(join(at, "heap.prof"), "utf8")).toBe("heap");
  });

  test("a log that is refused keeps nothing else away", async () => {
    failing = ["/v1/agent/monitor"];
    const clock = new ManualClock();
    const err = new Collector();
    const words = ["-capture=logs", "-capture=metrics", "-duration=10s", "-interval=10s", "-archive=false"];
    const env = { CONSUL_HTTP_ADDR: `127.0.0.1:${server.port}` };
    const running = runInProcess(["debug", "-output", out(), ...words], { env, clock, err });
    while (err.text() === "") await new Promise((resolve) => setImmediate(resolve));
    await pass(clock, 10_000, running);
    expect(err.text()).toBe("==> Could not capture logs: Unexpected response code: 403 (Permission denied)\n");
    expect(readdirSync(join(out(), "1800000000"))).toEqual(["metrics.json"]);
  });

  test("a part that is refused is told and left out", async () => {
    failing = ["/v1/agent/host"];
    const { exit, stderr } = await debug(new ManualClock(), "-capture=host", "-capture=members", "-archive=false");
    expect([exit, stderr]).toEqual([
      0,
      "==> Could not capture host: Unexpected response code: 403 (Permission denied)\n",
    ]);
    expect(readdirSync(out()).sort()).toEqual(["cluster.json", "index.json"]);
  });

  test.each([
    [["-duration=5s"], "duration must be longer than 10s"],
    [["-interval=1s"], "interval must be longer than 5s"],
    [["-duration=10s", "-interval=20s"], "duration (10s) must be longer than interval (20s)"],
    [["-capture=foo"], "target not found: foo"],
  ])("%p is refused", async (flags, reason) => {
    const { exit, stderr } = await debug(new ManualClock(), ...flags);
    expect([exit, stderr]).toEqual([1, `==> Capture validation failed: ${reason}\n`]);
  });

  test("nothing that exists is written over", async () => {
    mkdirSync(out());
    expect((await debug(new ManualClock())).stderr).toBe(
      `==> Capture validation failed: output directory already exists: ${out()}\n`,
    );
  });
});
