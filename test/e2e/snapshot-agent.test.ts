import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeS3 } from "../support/cli/fake-s3.ts";
import { type Agent, EXECUTABLE, environment, runExecutable, startAgent, until } from "../support/e2e/agent.ts";

let dir: string;
let backups: string;
let agent: Agent;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "muster-snapshot-agent-"));
  backups = join(dir, "backups");
  mkdirSync(backups);
  agent = await startAgent(dir, ["-dev"]);
});

afterEach(async () => {
  await agent?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const address = () => ({ CONSUL_HTTP_ADDR: `127.0.0.1:${agent.httpPort}` });

function startSnapshots(...flags: string[]) {
  const child = Bun.spawn([EXECUTABLE, "snapshot", "agent", `-local-path=${backups}`, ...flags], {
    cwd: dir,
    env: { ...environment(dir), ...address() },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  return { child, output: new Response(child.stdout).text() };
}

async function statusesOf(service: string): Promise<Record<string, string>> {
  const checks = (await (await fetch(`${agent.url}/v1/health/checks/${service}`)).json()) as {
    Name: string;
    Status: string;
  }[];
  return Object.fromEntries(checks.map(({ Name, Status }) => [Name, Status]));
}

test("saves again and again, keeps the newest, shows itself, and ends at TERM with the lock given back", async () => {
  await fetch(`${agent.url}/v1/kv/kept`, { method: "PUT", body: "yes" });
  const { child, output } = startSnapshots("-interval=200ms", "-retain=2");
  const seen = new Set<string>();
  await until(async () => {
    for (const name of readdirSync(backups)) if (name.endsWith(".snap")) seen.add(name);
    return seen.size >= 4;
  }, "four snapshots");
  await until(
    async () => (await statusesOf("consul-snapshot"))["Consul Snapshot Agent Saving Snapshots"] === "passing",
    "a passing check",
  );
  expect(await statusesOf("consul-snapshot")).toEqual({
    "Consul Snapshot Agent Alive": "passing",
    "Consul Snapshot Agent Saving Snapshots": "passing",
  });
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  expect(await output).toContain("Snapshot agent stopped");
  expect(readdirSync(backups)).toHaveLength(2);
  expect(await statusesOf("consul-snapshot")).toEqual({});
  expect(await (await fetch(`${agent.url}/v1/session/list`)).json()).toEqual([]);

  const newest = join(backups, readdirSync(backups).sort().at(-1) ?? "");
  await fetch(`${agent.url}/v1/kv/kept`, { method: "DELETE" });
  expect((await runExecutable(dir, ["snapshot", "restore", newest], address())).stdout).toBe("Restored snapshot\n");
  expect(await (await fetch(`${agent.url}/v1/kv/kept?raw`)).text()).toBe("yes");
});

test("another agent takes over as soon as the active one ends", async () => {
  const first = startSnapshots("-interval=1h");
  await until(async () => readdirSync(backups).length === 1, "the first snapshot");
  const second = startSnapshots("-interval=1h");
  const sessions = async () =>
    ((await (await fetch(`${agent.url}/v1/session/list`)).json()) as { ID: string }[]).length;
  await until(async () => (await sessions()) === 2, "the second agent's session");
  expect(readdirSync(backups)).toHaveLength(1);
  first.child.kill("SIGTERM");
  expect(await first.child.exited).toBe(0);
  await until(async () => readdirSync(backups).length === 2, "a snapshot of the second");
  second.child.kill("SIGTERM");
  expect(await second.child.exited).toBe(0);
});

test("the executable signs what it puts into a bucket, and prunes there", async () => {
  const s3 = new FakeS3();
  try {
    const flags = [`-aws-s3-bucket=${s3.bucket}`, `-aws-s3-region=${s3.region}`, `-aws-s3-endpoint=${s3.endpoint}`];
    const keys = { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey };
    const once = (...more: string[]) =>
      runExecutable(dir, ["snapshot", "agent", "-interval=0", "-retain=1", ...flags, ...more], {
        ...address(),
        ...keys,
      });
    for (let round = 0; round < 2; round++) expect(await once()).toMatchObject({ code: 0, stderr: "" });
    const [[key = "", archive = new Uint8Array()] = [], ...others] = s3.objects;
    expect([key, others]).toEqual([expect.stringMatching(/^consul-snapshot\/consul-\d{19}\.snap$/), []]);
    const file = join(backups, "fetched.snap");
    await Bun.write(file, archive);
    expect((await runExecutable(dir, ["snapshot", "inspect", file])).code).toBe(0);
    expect(readFileSync(file).length).toBe(archive.length);
    const refused = await runExecutable(dir, ["snapshot", "agent", "-interval=0", ...flags], {
      ...address(),
      ...keys,
      AWS_SECRET_ACCESS_KEY: "wrong",
    });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("SignatureDoesNotMatch") });
  } finally {
    await s3.stop();
  }
});
