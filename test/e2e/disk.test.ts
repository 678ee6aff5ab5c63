import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Agent, EXECUTABLE, until } from "../support/e2e/agent.ts";
import { makeArchive } from "../support/made-archive.ts";
import { addressesOf, ask, read, untilLeading } from "./harness/ask.ts";
import { canMount, type Mounts, mounted } from "./harness/mounts.ts";
import { withRig } from "./harness/rig.ts";

const DISK_MB = 48;
const MB = 1024 * 1024;
const WRITES_MAX = 5000;

/** The title says when the test is not run. */
function mounting(title: string, body: () => Promise<void>): void {
  test.skipIf(!canMount)(canMount ? title : `${title} (not run: mounting is forbidden here)`, body);
}

/** Puts numbered keys, each when the one before is answered, until one is refused. */
async function fillUp(agent: Agent, keys: string[], value: string): Promise<string> {
  for (let at = 0; at < WRITES_MAX; at++) {
    const key = `key-${keys.length}`;
    const { status, text } = await ask(`${agent.url}/v1/kv/${key}`, "PUT", value);
    if (status !== 200) {
      expect(status).toBe(500);
      return text;
    }
    keys.push(key);
  }
  throw new Error(`${WRITES_MAX} writes and still not full`);
}

async function withDisk(body: (mounts: Mounts, dataDir: string) => Promise<void>, dataDir: string): Promise<void> {
  mkdirSync(dataDir);
  // A disk of its own (tmpfs), so that it really is full: every write and fsync meets ENOSPC by itself.
  const mounts = await mounted(`mount -t tmpfs -o size=${DISK_MB}m tmpfs "$1"`, dataDir);
  try {
    await body(mounts, dataDir);
  } finally {
    await mounts.release();
  }
}

mounting(
  "full disk: writes are refused in clear words, reads and DNS go on; with room again they work without a restart, and nothing answered is lost",
  () =>
    withRig((rig) =>
      withDisk(async (mounts, dataDir) => {
        const agent = await rig.server([], mounts.wrapper);
        await ask(`${agent.url}/v1/agent/service/register`, "PUT", { Name: "web", Address: "127.0.0.7" });
        const isKnown = async () => (await addressesOf(agent.dnsPort, "web.service.consul")).length > 0;
        await until(isKnown, "the service in DNS");
        const ballast = mounts.inside(join(dataDir, "ballast"));
        writeFileSync(ballast, Buffer.alloc((DISK_MB - 24) * MB));
        const keys: string[] = [];
        const refusal = await fillUp(agent, keys, "x".repeat(200_000));
        expect(refusal).toContain("no space left on the data directory's disk");
        expect(refusal).toContain(dataDir);
        // A copy of the state is refused too; asking for one commits what was applied, so the rest may go to others now.
        const copy = await ask(`${agent.url}/v1/snapshot`);
        expect(copy).toMatchObject({ status: 500, text: expect.stringContaining("for a copy of the state") });
        expect(() => writeFileSync(mounts.inside(join(dataDir, "rest")), Buffer.alloc(DISK_MB * MB))).toThrow("ENOSPC");
        expect(await ask(`${agent.url}/v1/kv/more`, "PUT", "1")).toMatchObject({ status: 500, text: refusal });
        const ops = [{ KV: { Verb: "set", Key: "t", Value: "eA==" } }];
        expect(await ask(`${agent.url}/v1/txn`, "PUT", ops)).toMatchObject({ status: 500, text: refusal });
        const late = { Name: "late", Check: { TTL: "1h" } };
        expect(await ask(`${agent.url}/v1/agent/service/register`, "PUT", late)).toMatchObject({
          status: 500,
          text: expect.stringContaining("no space left"),
        });
        expect(await addressesOf(agent.dnsPort, "web.service.consul")).toEqual(["127.0.0.7"]);
        expect((await read<string[]>(`${agent.url}/v1/kv/?keys&consistent`)).sort()).toEqual([...keys].sort());
        for (const name of ["ballast", "rest"]) rmSync(mounts.inside(join(dataDir, name)), { force: true });
        expect((await ask(`${agent.url}/v1/kv/after`, "PUT", "1")).text.trim()).toBe("true");
        await agent.stop("SIGKILL");
        const second = await rig.server([], mounts.wrapper);
        await untilLeading(second.url);
        expect((await read<string[]>(`${second.url}/v1/kv/?keys`)).sort()).toEqual([...keys, "after"].sort());
      }, rig.dataDir),
    ),
);

mounting("full disk: an agent that starts on one says so", () =>
  withRig((rig) =>
    withDisk(async (mounts, dataDir) => {
      expect(() => writeFileSync(mounts.inside(join(dataDir, "ballast")), Buffer.alloc(DISK_MB * 2 * MB))).toThrow(
        "ENOSPC",
      );
      const agent = await rig.launch(["-server", "-bootstrap", `-data-dir=${dataDir}`], {
        words: [...mounts.wrapper, EXECUTABLE],
      });
      expect(await agent.ended()).toBe(1);
      expect(await agent.output()).toMatch(/Error starting agent: .*no space left/);
      expect(await agent.output()).toContain(dataDir);
    }, rig.dataDir),
  ),
);

mounting("a read-only data directory, new or used, ends the start with its name and what to do", () =>
  withRig(async (rig) => {
    const first = await rig.server();
    await first.stop("SIGTERM");
    mkdirSync(join(rig.dir, "empty"));
    const script = 'for d; do mount --bind "$d" "$d" && mount -o remount,ro,bind "$d"; done';
    const dirs = [rig.dataDir, join(rig.dir, "empty")];
    const mounts = await mounted(script, ...dirs);
    try {
      for (const dir of dirs) {
        const agent = await rig.launch(["-server", "-bootstrap", `-data-dir=${dir}`], {
          words: [...mounts.wrapper, EXECUTABLE],
        });
        expect(await agent.ended()).toBe(1);
        expect(await agent.output()).toMatch(/Error starting agent: .*(read-only|can't be written)/i);
        expect(await agent.output()).toContain(dir);
      }
    } finally {
      await mounts.release();
    }
  }),
);

test("a data directory that another agent uses is refused, and that agent goes on", () =>
  withRig(async (rig) => {
    const first = await rig.server();
    const second = await rig.launch(["-server", "-bootstrap", `-data-dir=${rig.dataDir}`]);
    expect(await second.ended()).toBe(1);
    expect(await second.output()).toContain(`data directory ${rig.dataDir} is in use by another running agent`);
    expect((await ask(`${first.url}/v1/kv/a`, "PUT", "1")).text.trim()).toBe("true");
  }));

mounting(
  "a restore that the disk has no room for is refused in clear words before anything changes, and the next one works",
  () =>
    withRig((rig) =>
      withDisk(async (mounts, dataDir) => {
        const agent = await rig.server([], mounts.wrapper);
        await ask(`${agent.url}/v1/kv/before`, "PUT", "1");
        const restore = async (keys: number) => {
          const path = join(rig.dir, `${keys}.snap`);
          await makeArchive({ path, prefix: "k", keys, valueBytes: 1000 });
          const response = await fetch(`${agent.url}/v1/snapshot`, { method: "PUT", body: Bun.file(path) });
          return { status: response.status, text: await response.text() };
        };
        // Small enough to be taken in, and too large to be unpacked.
        expect(await restore(12_000)).toMatchObject({
          status: 500,
          text: expect.stringContaining(
            `no space left on the data directory's disk (${dataDir}) for a copy of the state`,
          ),
        });
        expect(await read(`${agent.url}/v1/kv/?keys`)).toEqual(["before"]);
        expect((await ask(`${agent.url}/v1/kv/after`, "PUT", "1")).status).toBe(200);
        expect(readdirSync(mounts.inside(dataDir)).filter((name) => name.startsWith("state-tmp-"))).toEqual([]);
        expect(await restore(100)).toEqual({ status: 200, text: "" });
        expect(await read<string[]>(`${agent.url}/v1/kv/?keys`)).toHaveLength(100);
      }, rig.dataDir),
    ),
);
