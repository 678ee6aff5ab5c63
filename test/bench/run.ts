import { copyFileSync, existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Args, HELP, readArgs } from "./args.ts";
import type { Bench, Group, Result } from "./bench.ts";
import { LOAD_CORE, lookAround } from "./machine.ts";
import { agents } from "./measures/agents.ts";
import { cluster } from "./measures/cluster.ts";
import { disk } from "./measures/disk.ts";
import { dns } from "./measures/dns.ts";
import { footprint } from "./measures/footprint.ts";
import { health } from "./measures/health.ts";
import { kv } from "./measures/kv.ts";
import { query } from "./measures/query.ts";
import { startUp } from "./measures/start.ts";
import { waiters } from "./measures/waiters.ts";
import { consul, killAll, muster, type Peer, versionOf } from "./peers.ts";
import { judge, markdownTable, type Setting, settingLines, textTable, warningsOf, withTable } from "./report.ts";

// `bun run bench`: the real Consul and Muster, one after the other on the same core with the same data, in one table.

const GROUPS: readonly Group[] = [kv, health, query, dns, waiters, startUp, footprint, disk, cluster, agents];
const TOOLS = ["taskset", "wrk", "dnsperf"];
const TMPFS_TYPE = 0x01021994;
const DOCUMENT = join(import.meta.dir, "../../docs/performance.md");
const CONSUL_HELP = `The comparison needs a real Consul: CONSUL_BIN=/path/to/consul bun run bench
Debian 11 (bullseye) has 1.8.7: download the package "consul" from its archive and unpack it with dpkg -x; the binary is
usr/bin/consul. Without one, --muster-only measures Muster alone.
`;

function peersOf({ side }: Args, root: string): Peer[] {
  const peers: Peer[] = [];
  if (side !== "muster") {
    const path = process.env.CONSUL_BIN;
    if (path === undefined || path === "") throw new Error(`CONSUL_BIN is not set. ${CONSUL_HELP}`);
    if (!existsSync(path)) throw new Error(`CONSUL_BIN: there is no ${path}. ${CONSUL_HELP}`);
    peers.push(consul(resolve(path)));
  }
  if (side !== "peer") {
    const path = resolve(process.env.MUSTER_BIN ?? join(import.meta.dir, "../../dist/muster"));
    if (!existsSync(path)) throw new Error(`there is no ${path}; make it with: bun run build\n`);
    // A build that ends meanwhile must not change what is measured.
    copyFileSync(path, join(root, "muster"));
    peers.push(muster(join(root, "muster")));
  }
  return peers;
}

function benchOf(args: Args, root: string): Bench {
  const known = GROUPS.flatMap(({ name, measures }) => [name, ...measures.map(({ id }) => id)]);
  const unknown = args.only.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no measure ${unknown.join(", ")}; --list gives their names\n`);
  const asked = new Set(args.only);
  const isAsked = (group: Group, id: string) => asked.size === 0 || asked.has(group.name) || asked.has(id);
  const wanted = new Set(
    GROUPS.flatMap((group) => group.measures.filter(({ id }) => isAsked(group, id)).map(({ id }) => id)),
  );
  return {
    peers: peersOf(args, root),
    root,
    ...(args.isQuick ? { runs: 1, seconds: 2, warmUpSeconds: 1 } : { runs: 3, seconds: 4, warmUpSeconds: 2 }),
    wants: (id) => wanted.has(id),
    say: (line) => process.stderr.write(`${line}\n`),
  };
}

/** Our own work must not disturb the servers. */
function pinSelf(): void {
  Bun.spawnSync(["taskset", "-a", "-p", "-c", `${LOAD_CORE}`, `${process.pid}`]);
}

async function measure(args: Args, root: string): Promise<void> {
  const bench = benchOf(args, root);
  const missing = TOOLS.filter((name) => Bun.which(name) === null);
  if (missing.length > 0)
    throw new Error(`the load needs ${missing.join(", ")}; install it (Debian: util-linux, wrk, dnsperf)\n`);
  const machine = await lookAround();
  pinSelf();
  const results: Result[] = [];
  for (const group of GROUPS.filter(({ measures }) => measures.some(({ id }) => bench.wants(id)))) {
    bench.say(group.name);
    results.push(...(await group.run(bench)));
  }
  const inMemory = statfsSync(root).type === TMPFS_TYPE;
  const setting: Setting = {
    date: new Date().toISOString().slice(0, 10),
    machine,
    versions: bench.peers.map(versionOf),
    runs: bench.runs,
    seconds: bench.seconds,
    warnings: [
      ...(inMemory ? [`The data directories were in memory (${root}): no write was durable. Use --dir.`] : []),
      ...warningsOf(machine, results),
    ],
  };
  await tell(args, setting, results);
}

async function tell(args: Args, setting: Setting, results: readonly Result[]): Promise<void> {
  const lines = settingLines(setting);
  if (args.isJson) {
    const rows = results.map((result) => ({
      ...result,
      ...judge(result),
      runs: { consul: result.consul, muster: result.muster },
    }));
    process.stdout.write(`${JSON.stringify({ setting, results: rows }, null, 2)}\n`);
  } else {
    process.stdout.write(`\n${textTable(results, setting.machine.isBusy)}\n${lines.join("\n")}\n`);
  }
  if (args.writes) {
    const text = `${lines.join("\n")}\n\n${markdownTable(results, setting.machine.isBusy)}`;
    await Bun.write(DOCUMENT, withTable(await Bun.file(DOCUMENT).text(), text));
  }
}

function list(): string {
  return GROUPS.map(
    ({ name, measures }) => `${name}\n${measures.map(({ id, title }) => `  ${id.padEnd(16)}${title}\n`).join("")}`,
  ).join("");
}

async function main(): Promise<number> {
  try {
    const args = readArgs(process.argv.slice(2));
    if (typeof args === "string") {
      process.stdout.write(args === "help" ? HELP : list());
      return 0;
    }
    const root = mkdtempSync(join(resolve(args.dir ?? tmpdir()), "muster-bench-"));
    const end = () => {
      killAll();
      rmSync(root, { recursive: true, force: true });
    };
    process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));
    process.once("exit", end);
    await measure(args, root);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
}

process.exitCode = await main();
