import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { snapshotArchive } from "../../support/cli/archive.ts";
import { FakeKv } from "../../support/cli/fake-kv.ts";
import { Collector, runInProcess } from "../../support/cli/run-in-process.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const LOCK = "consul-snapshot/lock";
const HOUR_MS = 3_600_000;

let dir: string;
let kv: FakeKv;
let archive: Uint8Array;
/** `METHOD path body` of what was asked beside keys and sessions. */
let asked: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "snapshot-agent-"));
  kv = new FakeKv();
  archive = snapshotArchive();
  asked = [];
  kv.other = (method, path, body) => {
    asked.push(`${method} ${path} ${body}`.trimEnd());
    if (path === "/v1/snapshot") return new Response(new Uint8Array(archive));
    return path.startsWith("/v1/agent/") && method === "PUT" ? new Response("") : undefined;
  };
});
afterEach(async () => {
  await kv.stop();
  rmSync(dir, { recursive: true });
});

const env = () => ({ CONSUL_HTTP_ADDR: kv.address });
const once = (...words: string[]) =>
  runInProcess(["snapshot", "agent", "-interval=0", `-local-path=${dir}`, ...words], { env: env() });

/** Lets the program work until the condition holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** An agent that stays, on a clock that the test holds. */
function start(...words: string[]) {
  const clock = new ManualClock();
  const out = new Collector();
  const stopper = new AbortController();
  const ended = runInProcess(["snapshot", "agent", `-local-path=${dir}`, ...words], {
    env: env(),
    clock,
    out,
    interrupted: stopper.signal,
  });
  return {
    clock,
    ended,
    lines: () =>
      out
        .text()
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/^\S+ (\[\w+\]) *snapshot-agent: /, "$1 ")),
    says: (text: string) => until(() => out.text().includes(text)),
    stop: () => {
      stopper.abort();
      return ended;
    },
  };
}

describe("snapshot agent -interval=0", () => {
  test("saves one verified snapshot for its owner only, without lock and registration", async () => {
    const { exit, stdout, stderr } = await once();
    expect([exit, stderr]).toEqual([0, ""]);
    const [name = "", ...others] = readdirSync(dir);
    expect(name).toMatch(/^consul-\d{19}\.snap$/);
    expect(others).toEqual([]);
    expect(stdout).toContain(`Saved snapshot ${/\d+/.exec(name)?.[0]}: ${join(dir, name)}, index 81, `);
    expect(readFileSync(join(dir, name))).toEqual(Buffer.from(archive));
    expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    expect(kv.requests).toEqual(["GET /v1/snapshot"]);
  });

  test("a damaged archive is no snapshot: exit code 1, nothing stored and nothing removed", async () => {
    writeFileSync(join(dir, "consul-1.snap"), "old");
    archive = snapshotArchive("state", "other");
    const { exit, stderr } = await once("-retain=1");
    expect(exit).toBe(1);
    expect(stderr).toStartWith(
      "Error saving snapshot: failed to read snapshot file: failed checking integrity of snapshot",
    );
    expect(readdirSync(dir)).toEqual(["consul-1.snap"]);
  });

  test("removes the oldest beyond -retain, and only files of its own naming", async () => {
    const foreign = ["backup.snap", "consul-.snap", "consul-12.snap.old", "consul-012.snap", "xconsul-12.snap"];
    for (const name of ["consul-9.snap", "consul-10.snap", "consul-11.snap", ...foreign])
      writeFileSync(join(dir, name), "");
    await once("-retain=2", "-log-level=debug");
    const left = readdirSync(dir).filter((name) => !foreign.includes(name));
    expect(left.sort()).toEqual(["consul-11.snap", expect.stringMatching(/^consul-\d{19}\.snap$/)]);
    expect(readdirSync(dir)).toEqual(expect.arrayContaining(foreign));
  });

  test("-retain=0 keeps all", async () => {
    for (const id of [1, 2, 3]) writeFileSync(join(dir, `consul-${id}.snap`), "");
    await once("-retain=0");
    expect(readdirSync(dir)).toHaveLength(4);
  });

  test("a clock that went back does not make the newest snapshot the first to go", async () => {
    const future = "9000000000000000000";
    writeFileSync(join(dir, `consul-${future}.snap`), "");
    await once("-retain=1");
    expect(readdirSync(dir)).toEqual([`consul-${BigInt(future) + 1n}.snap`]);
  });

  test("removes what a crash left behind long ago, and no unfinished file that is younger", async () => {
    const uuid = "00000000-0000-4000-8000-000000000000";
    const young = `consul-${BigInt(Date.now()) * 1_000_000n}.snap.tmp${uuid}`;
    writeFileSync(join(dir, `consul-5.snap.tmp${uuid}`), "");
    writeFileSync(join(dir, young), "");
    await once();
    expect(readdirSync(dir).filter((name) => name.includes("tmp"))).toEqual([young]);
  });

  test("a directory that is missing or no directory is told at the start, before anybody is asked", async () => {
    writeFileSync(join(dir, "file"), "");
    for (const [path, why] of [
      [join(dir, "no"), "no such file or directory"],
      [join(dir, "file"), "is not a directory"],
    ] as const) {
      const { exit, stderr } = await once(`-local-path=${path}`);
      expect([exit, stderr]).toEqual([1, expect.stringContaining(why)]);
      expect(stderr).toContain("make the directory");
    }
    expect(kv.requests).toEqual([]);
  });

  test("-stale and -datacenter go with the request", async () => {
    await once("-stale", "-datacenter=dc2");
    expect(kv.requests).toEqual(["GET /v1/snapshot?dc=dc2&stale="]);
  });

  test("a server that fails is told, with exit code 1", async () => {
    kv.other = () => new Response("No cluster leader", { status: 500 });
    const { exit, stderr } = await once();
    expect([exit, stderr]).toEqual([1, "Error saving snapshot: Unexpected response code: 500 (No cluster leader)\n"]);
  });
});

describe("snapshot agent", () => {
  test("takes the lock, saves at once and at every interval, and gives all back at the end", async () => {
    const agent = start("-interval=1h");
    await agent.says("Saved snapshot");
    expect(kv.pairs.get(LOCK)?.Session).toBe("session-1");
    await until(() => agent.clock.pendingMs.includes(HOUR_MS));
    agent.clock.advance(HOUR_MS);
    await until(() => readdirSync(dir).length === 2);
    const { exit, stderr } = await agent.stop();
    expect([exit, stderr]).toEqual([0, ""]);
    expect(kv.pairs.get(LOCK)?.Session).toBe("");
    expect(kv.sessions.size).toBe(0);
    expect(agent.lines()[0]).toBe("[INFO] Snapshot agent running");
    expect(agent.lines().slice(1, 3)).toEqual(["[INFO] Waiting to obtain leadership...", "[INFO] Obtained leadership"]);
    expect(agent.lines().at(-1)).toBe("[INFO] Snapshot agent stopped");
    expect(agent.clock.pendingMs).toEqual([]);
  });

  test("shows itself as a service whose second check is there only while it leads", async () => {
    const agent = start("-service=backup", "-deregister-after=1h");
    await until(() => asked.some((line) => line.includes("Saved snapshot")));
    await agent.stop();
    const agentCalls = asked.filter((line) => line.startsWith("PUT /v1/agent/"));
    const [registered = ""] = agentCalls;
    const id = `backup:${(await import("node:os")).hostname()}`;
    expect(JSON.parse(registered.slice(registered.indexOf("{")))).toEqual({
      ID: id,
      Name: "backup",
      Check: {
        CheckID: `${id}:alive`,
        Name: "Consul Snapshot Agent Alive",
        Status: "passing",
        TTL: "40s",
        DeregisterCriticalServiceAfter: "1h0m0s",
      },
    });
    const paths = agentCalls.map((line) => line.split(" ")[1]?.replace(id, "ID"));
    expect(paths.slice(-2)).toEqual(["/v1/agent/check/deregister/ID:saving", "/v1/agent/service/deregister/ID"]);
    expect(agentCalls.some((line) => line.includes(`"Status":"passing"`) && line.includes("Saved snapshot"))).toBe(
      true,
    );
  });

  test("registers again when the agent has forgotten it", async () => {
    const answer = kv.other;
    let isForgotten = false;
    kv.other = (method, path, body) => {
      if (isForgotten && path.includes("/check/update/"))
        return new Response("CheckID does not exist", { status: 500 });
      if (path.includes("/service/register")) isForgotten = false;
      return answer(method, path, body);
    };
    const agent = start();
    const registrations = () => asked.filter((line) => line.includes("/service/register")).length;
    await agent.says("Saved snapshot");
    await until(() => registrations() === 1 && agent.clock.pendingMs.includes(10_000));
    isForgotten = true;
    agent.clock.advance(10_000);
    await agent.says("is not up to date");
    await until(() => agent.clock.pendingMs.includes(10_000));
    agent.clock.advance(10_000);
    await until(() => registrations() === 2);
    await agent.stop();
  });

  test("-service= registers none", async () => {
    const agent = start("-service=");
    await agent.says("Saved snapshot");
    await agent.stop();
    expect(asked.filter((line) => line.startsWith("PUT"))).toEqual([]);
  });

  test("of two, one waits until the other ends", async () => {
    const first = start();
    await first.says("Saved snapshot");
    const second = start();
    await kv.seen(`GET /v1/kv/${LOCK}?index=`);
    expect(readdirSync(dir)).toHaveLength(1);
    await first.stop();
    await second.says("Saved snapshot");
    expect(kv.pairs.get(LOCK)?.Session).toBe("session-2");
    await second.stop();
  });

  test("failures are tried again after a minute, and the last one allowed gives the lock up for a while", async () => {
    archive = snapshotArchive("state", "other");
    const agent = start("-max-failures=2");
    await agent.says("(1 of 2): failed to read snapshot file: failed checking integrity");
    await until(() => agent.clock.pendingMs.includes(60_000));
    agent.clock.advance(60_000);
    await agent.says("Giving up leadership after 2 failures in a row");
    await until(() => kv.sessions.size === 0 && agent.clock.pendingMs.includes(15_000));
    expect(kv.pairs.get(LOCK)?.Session).toBe("");
    archive = snapshotArchive();
    agent.clock.advance(15_000);
    await agent.says("Saved snapshot");
    await agent.stop();
    expect(asked.some((line) => line.includes('"Status":"critical"') && line.includes("integrity"))).toBe(true);
  });

  test("a lock that is lost ends the turn, and it contends again", async () => {
    const agent = start();
    await agent.says("Saved snapshot");
    await kv.seen("consistent=&index=");
    kv.endSession("session-1");
    await agent.says("[WARN]  snapshot-agent: Lost leadership");
    await until(() => agent.clock.pendingMs.includes(15_000));
    agent.clock.advance(15_000);
    await until(() => agent.lines().filter((line) => line === "[INFO] Obtained leadership").length === 2);
    await agent.stop();
  });

  test("an agent that can't be reached is told and asked again", async () => {
    const { address } = kv;
    await kv.stop();
    const agent = start("-service=", `-http-addr=${address}`);
    await agent.says("Can't contend for the lock consul-snapshot/lock: Put ");
    expect(agent.lines().join("\n")).toContain(`http://${address}/v1/session/create`);
    await until(() => agent.clock.pendingMs.includes(15_000));
    const { exit } = await agent.stop();
    expect(exit).toBe(0);
    kv = new FakeKv();
  });

  test("a stop during a transfer stores nothing and still gives the lock back", async () => {
    const answer = kv.other;
    kv.other = (method, path, body) =>
      path === "/v1/snapshot"
        ? new Response(new ReadableStream({ pull: () => undefined }))
        : answer(method, path, body);
    const agent = start();
    await kv.seen("GET /v1/snapshot");
    const { exit } = await agent.stop();
    expect(exit).toBe(0);
    expect(readdirSync(dir)).toEqual([]);
    expect(kv.pairs.get(LOCK)?.Session).toBe("");
  });

  test("a disk that takes nothing is a failure with its reason, and leaves no unfinished file", async () => {
    mkdirSync(join(dir, "sub"));
    const agent = start(`-local-path=${join(dir, "sub")}`, "-interval=1h");
    await agent.says("Saved snapshot");
    await until(() => agent.clock.pendingMs.includes(HOUR_MS));
    rmSync(join(dir, "sub"), { recursive: true });
    agent.clock.advance(HOUR_MS);
    await agent.says("(1 of 3): ENOENT");
    await agent.stop();
    expect(existsSync(join(dir, "sub"))).toBe(false);
  });

  test("another datacenter than the agent's is refused: lock and service would be the agent's own", async () => {
    kv.other = (_, path) =>
      path === "/v1/agent/self" ? Response.json({ Config: { Datacenter: "dc1", NodeName: "n" } }) : undefined;
    const { exit, stderr } = await runInProcess(["snapshot", "agent", "-datacenter=dc2", `-local-path=${dir}`], {
      env: env(),
    });
    expect([exit, stderr]).toEqual([1, expect.stringContaining("ask an agent there, or use -interval=0")]);
  });
});

describe("snapshot agent: configuration files", () => {
  const withConfig = (text: string, name = "agent.hcl", ...words: string[]) => {
    writeFileSync(join(dir, name), text);
    return runInProcess(["snapshot", "agent", `-config-file=${join(dir, name)}`, ...words], { env: env() });
  };

  test("give what flags do not, in HCL and in JSON", async () => {
    mkdirSync(join(dir, "a"));
    mkdirSync(join(dir, "b"));
    for (const id of [1, 2, 3]) writeFileSync(join(dir, "a", `consul-${id}.snap`), "");
    const hcl = `data_dir = "/x"\nsnapshot_agent {\n  snapshot { interval = "0s" retain = 2 }\n  local_storage { path = "${dir}/a" }\n}\n`;
    expect((await withConfig(hcl)).exit).toBe(0);
    expect(readdirSync(join(dir, "a"))).toHaveLength(2);
    const json = { snapshot_agent: { snapshot: { interval: "5m", stale: true }, local_storage: { path: "/nowhere" } } };
    expect((await withConfig(JSON.stringify(json), "b.json", "-interval=0", `-local-path=${dir}/b`)).exit).toBe(0);
    expect(readdirSync(join(dir, "b"))).toHaveLength(1);
    expect(kv.requests.at(-1)).toBe("GET /v1/snapshot?stale=");
  });

  test("name the agent and its token, which flags go before", async () => {
    const config = `snapshot_agent { http_addr = "127.0.0.1:1" snapshot { interval = "0" } local_storage { path = "${dir}" } }`;
    expect((await withConfig(config)).stderr).toContain('Get "http://127.0.0.1:1/v1/snapshot": dial tcp 127.0.0.1:1');
    expect((await withConfig(config, "agent.hcl", `-http-addr=${kv.address}`)).exit).toBe(0);
  });

  test("of a directory are read in the order of their names", async () => {
    const conf = join(dir, "conf");
    mkdirSync(conf);
    writeFileSync(join(conf, "a.json"), JSON.stringify({ snapshot_agent: { local_storage: { path: "/nowhere" } } }));
    writeFileSync(join(conf, "b.json"), JSON.stringify({ snapshot_agent: { local_storage: { path: dir } } }));
    writeFileSync(join(conf, "c.json"), JSON.stringify({ datacenter: "dc1" }));
    const { exit } = await runInProcess(["snapshot", "agent", `-config-dir=${conf}`, "-interval=0"], { env: env() });
    expect(exit).toBe(0);
  });

  test.each([
    ["server = true", "no file has a 'snapshot_agent' section"],
    ["snapshot_agent { snapshot { intervall = 3 } }", "invalid config key snapshot.intervall (did you mean interval?)"],
    ['snapshot_agent { snapshot { interval = "soon" } }', 'snapshot_agent.snapshot.interval: invalid duration: "soon"'],
    ['snapshot_agent { azure_blob_storage { container_name = "x" } }', "only directories and stores that speak S3"],
    ['snapshot_agent { google_storage { bucket = "x" } }', "https://storage.googleapis.com"],
    ['snapshot_agent { login { auth_method = "x" } }', "can't be obtained by a login"],
    ['snapshot_agent { aws_storage { role_arn = "x" } }', "roles can't be assumed"],
    ["snapshot_agent { log { enable_syslog = true } }", "let journald or logger(1) take it"],
  ])("%s is refused with what to do", async (text, why) => {
    const { exit, stderr } = await withConfig(text);
    expect([exit, stderr]).toEqual([1, expect.stringContaining(why)]);
  });

  test.each([
    ["-interval=-1s", "must not be negative"],
    ["-retain=-1", "must not be negative"],
    ["-max-failures=0", "must be positive"],
    ["-lock-key=/", "must name a key"],
    ["-log-level=loud", "Invalid log level: loud"],
    ["more", "Too many arguments"],
  ])("%s is refused", async (word, why) => {
    const { exit, stderr } = await once(word);
    expect([exit, stderr]).toEqual([1, expect.stringContaining(why)]);
  });
});
