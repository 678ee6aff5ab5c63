import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runExecutable, until } from "../support/e2e/agent.ts";
import { ask, read, untilLeading } from "./harness/ask.ts";
import { type Launched, type Rig, withRig } from "./harness/rig.ts";

const urlOf = ({ ports }: Launched) => `http://127.0.0.1:${ports.http}`;

/** A server that leads. */
async function startServer(rig: Rig): Promise<Launched> {
  const server = await rig.launch(["-server", "-bootstrap", `-data-dir=${join(rig.dir, "server")}`, "-node=s1"]);
  await untilLeading(urlOf(server));
  return server;
}

/** A client agent that can ask the server. */
async function startClient(rig: Rig, server: Launched, config: string): Promise<Launched> {
  const join_ = `-retry-join=127.0.0.1:${server.ports.serf_lan}`;
  const client = await rig.launch([
    `-data-dir=${join(rig.dir, "client")}`,
    "-node=c1",
    join_,
    `-config-file=${config}`,
  ]);
  await untilLeading(urlOf(client));
  return client;
}

/** The value and the name of each pair that was told. */
const pairsOf = (lines: readonly string[]) =>
  lines
    .map((line) => JSON.parse(line) as { Key: string; Value: string } | null)
    .map((pair) => pair && atob(pair.Value));

/** Whole lines; what is being written is none yet. */
const linesOf = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : []);

/** Whether so many watches have all been told the same last. */
function isKept(path: string, count: number): boolean {
  const { delivered } = JSON.parse(readFileSync(path, "utf8")) as { delivered: Record<string, { index: string }> };
  const indexes = Object.values(delivered).map(({ index }) => index);
  return indexes.length === count && new Set(indexes).size === 1;
}

test("handlers are called at first and for changes, also for those of the time when the agent was down, and neither at a reload nor at a restart", () =>
  withRig(async (rig) => {
    const posted: { body: string; index: string | null }[] = [];
    const hook = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      async fetch(request) {
        posted.push({ body: await request.text(), index: request.headers.get("x-consul-index") });
        return new Response();
      },
    });
    const [out, sentinel] = [join(rig.dir, "out"), join(rig.dir, "sentinel")];
    const script = { type: "key", key: "a", args: ["sh", "-c", `cat >> ${out}`] };
    const webhook = {
      ...{ type: "key", key: "a", handler_type: "http" },
      http_handler_config: { path: `http://127.0.0.1:${hook.port}/`, method: "PUT" },
    };
    const told = () => [pairsOf(linesOf(out)), pairsOf(posted.map(({ body }) => body))];
    const both = (...values: (string | null)[]) =>
      until(
        async () => told().every((pairs) => pairs.length >= values.length),
        `the handlers to hear ${values.length}`,
      ).then(() => expect(told()).toEqual([values, values]));
    try {
      const server = await startServer(rig);
      const config = rig.file("client.json", { watches: [script, webhook] });
      const first = await startClient(rig, server, config);
      await both(null);
      await ask(`${urlOf(server)}/v1/kv/a`, "PUT", "one");
      await both(null, "one");
      expect(Number(posted.at(-1)?.index)).toBeGreaterThan(1);
      // The new watch is called, and by then the old ones would have been.
      const added = { type: "key", key: "a", args: ["sh", "-c", `cat >> ${sentinel}`] };
      rig.file("client.json", { watches: [script, webhook, added] });
      await read(`${urlOf(first)}/v1/agent/reload`, "PUT");
      await until(async () => linesOf(sentinel).length === 1, "the new watch");
      await both(null, "one");
      // A kill before that may repeat a call, as the documents say.
      await until(async () => isKept(join(rig.dir, "client/watches/delivered.json"), 3), "the deliveries on the disk");
      first.kill("SIGKILL");
      await first.ended();
      const second = await startClient(rig, server, config);
      await ask(`${urlOf(server)}/v1/kv/a`, "PUT", "two");
      await both(null, "one", "two");
      second.kill("SIGTERM");
      await second.ended();
      await ask(`${urlOf(server)}/v1/kv/a`, "PUT", "three");
      await startClient(rig, server, config);
      await both(null, "one", "two", "three");
      await until(async () => linesOf(sentinel).length === 3, "the new watch to hear as much");
      expect(pairsOf(linesOf(sentinel))).toEqual(["one", "two", "three"]);
    } finally {
      await hook.stop(true);
    }
  }));

test("a wrong watch is refused at the start and by validate, and at a reload, after which the old ones go on", () =>
  withRig(async (rig) => {
    const out = join(rig.dir, "out");
    const watch = { type: "event", name: "deploy", args: ["sh", "-c", `cat >> ${out}`] };
    const config = rig.file("agent.json", { data_dir: join(rig.dir, "data"), watches: [watch] });
    const agent = await rig.launch(["-dev", `-config-file=${config}`]);
    await until(async () => linesOf(out).length === 1, "the first call");
    rig.file("agent.json", { data_dir: join(rig.dir, "data"), watches: [{ ...watch, type: "evnt" }] });
    const { status, text } = await ask(`${urlOf(agent)}/v1/agent/reload`, "PUT");
    expect([status, text]).toEqual([500, expect.stringContaining("Failed reloading watches: Failed to parse watch (")]);
    expect(text).toEndWith("Unsupported watch type: evnt");
    await ask(`${urlOf(agent)}/v1/event/fire/deploy`, "PUT", "now");
    await until(async () => linesOf(out).length === 2, "the event");
    const judged = await runExecutable(rig.dir, ["validate", config]);
    expect([judged.code, judged.stderr]).toEqual([1, expect.stringContaining("Unsupported watch type: evnt")]);
    const other = await rig.launch(["-dev", `-config-file=${config}`]);
    await other.says("Unsupported watch type: evnt");
    expect(await other.ended()).toBe(1);
  }));

test("a handler that runs is killed with all that it started when the agent stops", () =>
  withRig(async (rig) => {
    const pids = join(rig.dir, "pids");
    const config = rig.file("agent.json", {
      watches: [{ type: "nodes", args: ["sh", "-c", `sleep 1000 & echo $! >> ${pids}; wait`] }],
    });
    const agent = await rig.launch(["-dev", `-config-file=${config}`]);
    await until(async () => linesOf(pids).length === 1, "the handler");
    agent.kill("SIGTERM");
    await agent.ended();
    await until(async () => isDead(linesOf(pids)[0] ?? ""), "the end of its child");
  }));

/** Gone, or killed and not yet asked for its end. */
function isDead(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return true;
  }
}
