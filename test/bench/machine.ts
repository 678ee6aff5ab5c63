import { readdirSync, readFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";

/** Where the servers run and where the load comes from; the same for both servers. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** Linux counts processor time in /proc/stat in hundredths of a second, whatever the kernel's own tick is. */
const TICK_NS = 10_000_000;
/** Above these somebody else is at work, and the figures are lower than they could be. */
const BUSY_SHARE_MAX = 0.1;
const LOAD_AVERAGE_MAX = 0.5;
const LOOK_MS = 2_000;

/** What the machine was like before the run. */
export interface Machine {
  readonly cpu: string;
  readonly kernel: string;
  readonly loadAverage: number;
  /** Share of time, 0 to 1, that each of the two cores was idle. */
  readonly idle: readonly [number, number];
  readonly isBusy: boolean;
}

/** Watches the machine for two seconds, before anything of the run has started. */
export async function lookAround(): Promise<Machine> {
  const before = [SERVER_CORE, LOAD_CORE].map(busyNs);
  const startedNs = Bun.nanoseconds();
  await Bun.sleep(LOOK_MS);
  const wallNs = Bun.nanoseconds() - startedNs;
  const [server = 0, load = 0] = [SERVER_CORE, LOAD_CORE].map((core, at) =>
    Math.max(0, 1 - (busyNs(core) - (before[at] ?? 0)) / wallNs),
  );
  const loadAverage = loadavg()[0] ?? 0;
  const isBusy = loadAverage > LOAD_AVERAGE_MAX || Math.min(server, load) < 1 - BUSY_SHARE_MAX;
  const cpu = `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`;
  return { cpu, kernel: release(), loadAverage, idle: [server, load], isBusy };
}

/** Time that a core spent working since the machine started: all that is neither idle nor waiting for the disk. */
export function busyNs(core: number): number {
  const line = readFileSync("/proc/stat", "latin1")
    .split("\n")
    .find((each) => each.startsWith(`cpu${core} `));
  if (line === undefined) throw new Error(`no core ${core} in /proc/stat: the comparison needs two cores`);
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = line.split(/\s+/).map(Number);
  return (user + nice + system + irq + softirq + stolen) * TICK_NS;
}

/** Processor time of a process's living threads. Finer than the ticks of /proc/PID/stat, which an idle server hardly moves. */
export function cpuNs(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ")[0]);
  }
  return sum;
}

/** Bytes of main memory that a process holds now. */
export function residentBytes(pid: number): number {
  return field(`/proc/${pid}/status`, "VmRSS") * 1024;
}

/** Bytes that a process has caused to be sent to the disk so far, as whole pages; none on a file system in memory. */
export function writtenBytes(pid: number): number {
  return field(`/proc/${pid}/io`, "write_bytes");
}

function field(path: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(path, "latin1"));
  if (match === null) throw new Error(`no ${name} in ${path}`);
  return Number(match[1]);
}
