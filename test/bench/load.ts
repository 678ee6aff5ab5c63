import { join } from "node:path";
import { busyNs, cpuNs } from "./machine.ts";
import type { Running, Target } from "./peers.ts";

/** Of one run against one server. */
export interface Throughput {
  readonly perSecond: number;
  readonly requests: number;
  /** Requests for each second of processor time that the server took: hardly changed by what else the machine does. */
  readonly perCpuSecond: number;
  /** Share of a core, 0 to 1, that programs outside of the run took: the larger of the two cores. */
  readonly others: number;
}

/** What `wrk` does: always one thread, because it has one core. */
export interface HttpLoad {
  readonly path: string;
  readonly connections: number;
  /** Lua that defines `request`. */
  readonly script?: string;
}

export interface DnsLoad {
  readonly name: string;
  readonly type: "A" | "SRV";
  /** Offers 4096 bytes. */
  readonly edns: boolean;
}

const DNS_CLIENTS = 4;
const DNS_OUTSTANDING = 100;
/** A tool that is this late hangs. */
const LATE_MS = 20_000;

/** Ends with one line of numbers, which is easier to read than `wrk`'s own summary. */
const WRK_REPORT = `
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** Of the number that makes a value new. */
const COUNT_DIGITS = 12;

/** Rotates over `keys` keys; each value is new, so that no write can be taken for one that changes nothing. */
export function putScript(keys: number, valueBytes: number): string {
  return `
local heads, n = {}, 0
function init(args)
  for i = 0, ${keys - 1} do
    heads[i] = "PUT /v1/kv/bench/key" .. i .. " HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: ${valueBytes}\\r\\n\\r\\n${"v".repeat(valueBytes - COUNT_DIGITS)}"
  end
end
function request()
  n = n + 1
  return heads[n % ${keys}] .. string.format("%0${COUNT_DIGITS}d", n)
end
`;
}

/** Rotates over the keys that `putScript` writes. */
export function getScript(keys: number): string {
  return `
local texts, n = {}, 0
function init(args)
  for i = 0, ${keys - 1} do texts[i] = wrk.format("GET", "/v1/kv/bench/key" .. i) end
end
function request()
  n = n + 1
  return texts[n % ${keys}]
end
`;
}

/** Throws when `wrk` fails or when any answer was an error. */
export async function runWrk(server: Target, load: HttpLoad, seconds: number): Promise<Throughput> {
  const file = join(server.dir, "load.lua");
  await Bun.write(file, `${load.script ?? ""}${WRK_REPORT}`);
  const command = ["wrk", "-t1", `-c${load.connections}`, `-d${seconds}s`, "-s", file, `${server.url}${load.path}`];
  const { output, cpuSeconds, others } = await runTool(server, command, seconds);
  const match = /^RESULT (\d+) (\d+) (\d+)$/m.exec(output);
  if (match === null) throw new Error(`wrk said:\n${output}`);
  const [, requests = 0, micros = 1, errors = 0] = match.map(Number);
  if (errors > 0) throw new Error(`${server.peer.name}: ${errors} of ${requests} answers to ${load.path} were errors`);
  return { perSecond: requests / (micros / 1e6), requests, perCpuSecond: requests / cpuSeconds, others };
}

/** Throws when `dnsperf` fails, when an answer is not NOERROR and when more than one query in a thousand is lost. */
export async function runDnsperf(server: Running, load: DnsLoad, seconds: number): Promise<Throughput> {
  const file = join(server.dir, "queries");
  await Bun.write(file, `${load.name} ${load.type}\n`);
  const options = ["-l", `${seconds}`, "-c", `${DNS_CLIENTS}`, "-q", `${DNS_OUTSTANDING}`, "-T", "1"];
  const where = ["-s", "127.0.0.1", "-p", `${server.dnsPort}`, "-d", file];
  const { output, cpuSeconds, others } = await runTool(
    server,
    ["dnsperf", ...where, ...options, ...(load.edns ? ["-e"] : [])],
    seconds,
  );
  const number = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? Number.NaN);
  const requests = number(/Queries completed:\s+(\d+)/);
  const perSecond = number(/Queries per second:\s+([\d.]+)/);
  const lost = number(/Queries lost:\s+(\d+)/);
  const good = number(/NOERROR (\d+)/);
  if (good !== requests || !(lost <= requests / 1000)) throw new Error(`${server.peer.name}: dnsperf said:\n${output}`);
  return { perSecond, requests, perCpuSecond: requests / cpuSeconds, others };
}

/** What a program of the load printed, and what the server and everything else took meanwhile. */
export interface ToolRun {
  readonly output: string;
  readonly cpuSeconds: number;
  readonly others: number;
}

/** Runs a program of the load on its core, to its end. Throws when it fails or hangs. */
export async function runTool(server: Target, command: readonly string[], seconds: number): Promise<ToolRun> {
  const { cores } = server;
  const startedNs = Bun.nanoseconds();
  const before = spentNs(server);
  const child = Bun.spawn(["taskset", "-c", cores.load.join(","), ...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    timeout: seconds * 1000 + LATE_MS,
  });
  const output = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")}\n${output}`);
  const wallNs = Bun.nanoseconds() - startedNs;
  const toolNs = Number(child.resourceUsage()?.cpuTime.total ?? 0) * 1000;
  const after = spentNs(server);
  const [onServers, onLoad, serversNs, own] = after.map((ns, at) => ns - (before[at] ?? 0)) as typeof after;
  const isShared = cores.servers.some((core) => cores.load.includes(core));
  const others = isShared
    ? onServers - serversNs - toolNs - own
    : Math.max(onServers - serversNs, onLoad - toolNs - own);
  return { output, cpuSeconds: serversNs / 1e9, others: Math.max(0, others) / wallNs };
}

/** Processor time so far: all on the servers' cores, all on the load's, the servers' own, this process's own. */
function spentNs({ cores, pids }: Target): [number, number, number, number] {
  const sum = (all: readonly number[]) => all.reduce((total, each) => total + each, 0);
  return [sum(cores.servers.map(busyNs)), sum(cores.load.map(busyNs)), sum(pids.map(cpuNs)), ownNs()];
}

function ownNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}
