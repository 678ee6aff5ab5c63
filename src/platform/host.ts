/** The host that the agent runs on, as `/v1/agent/host` prints it, from `/proc` and the kernel's own figures. */
import { readFile, statfs } from "node:fs/promises";
import os from "node:os";

const BYTES_PER_KIB = 1024;
/** A reader of `/proc` gets what is there; whatever is missing is left out. */
const CPU_KEYS: readonly [proc: string, key: string, isNumber: boolean][] = [
  ["vendor_id", "vendorId", false],
  ["cpu family", "family", false],
  ["model", "model", false],
  ["stepping", "stepping", true],
  ["physical id", "physicalId", false],
  ["core id", "coreId", false],
  ["cpu cores", "cores", true],
  ["model name", "modelName", false],
  ["cpu MHz", "mhz", true],
  ["microcode", "microcode", false],
];

/** Memory, processors, system and the disk that holds `dataDirectory`. `Errors` names what could not be read. */
export async function hostInfo(dataDirectory: string): Promise<Record<string, unknown>> {
  const errors: string[] = [];
  const part = async <T>(name: string, read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      errors.push(`${name}: ${error instanceof Error ? error.message : error}`);
      return null;
    }
  };
  const [Memory, CPU, Host, Disk] = await Promise.all([
    part("memory", memory),
    part("cpu", processors),
    part("host", system),
    part("disk", () => disk(dataDirectory)),
  ]);
  const CollectionTime = BigInt(Date.now()) * 1_000_000n;
  return { Memory, CPU, Host, Disk, CollectionTime, Errors: errors.length === 0 ? null : errors };
}

async function memory(): Promise<Record<string, number>> {
  const text = await readFile("/proc/meminfo", "utf8");
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) * BYTES_PER_KIB;
  const [total, free, buffers, cached] = [bytes("MemTotal"), bytes("MemFree"), bytes("Buffers"), bytes("Cached")];
  const reclaimable = bytes("SReclaimable");
  const used = total - free - buffers - cached - reclaimable;
  return {
    total,
    available: bytes("MemAvailable"),
    used,
    usedPercent: total === 0 ? 0 : (used / total) * 100,
    free,
    active: bytes("Active"),
    inactive: bytes("Inactive"),
    buffers,
    cached: cached + reclaimable,
    shared: bytes("Shmem"),
    slab: bytes("Slab"),
    swaptotal: bytes("SwapTotal"),
    swapfree: bytes("SwapFree"),
  };
}

async function processors(): Promise<Record<string, unknown>[]> {
  const text = await readFile("/proc/cpuinfo", "utf8");
  const blocks = text.split(/\n\s*\n/).filter((block) => /^processor\s*:/m.test(block));
  return blocks.map((block) => {
    const entries = block.split("\n").map((line) => line.split(/\s*:\s*/, 2));
    const values = new Map(entries.map(([key = "", value = ""]): [string, string] => [key.trim(), value]));
    const known = CPU_KEYS.flatMap(([proc, key, isNumber]): [string, unknown][] => {
      const value = values.get(proc);
      return value === undefined ? [] : [[key, isNumber ? Number(value) : value]];
    });
    const flags = (values.get("flags") ?? values.get("Features") ?? "").split(" ").filter((flag) => flag !== "");
    return { cpu: Number(values.get("processor")), ...Object.fromEntries(known), flags };
  });
}

async function system(): Promise<Record<string, unknown>> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, "m").exec(release)?.[1] ?? "";
  const uptime = Math.floor(os.uptime());
  return {
    hostname: os.hostname(),
    uptime,
    bootTime: Math.floor(Date.now() / 1000) - uptime,
    os: os.platform(),
    platform: field("ID"),
    platformFamily: field("ID_LIKE") || field("ID"),
    platformVersion: field("VERSION_ID"),
    kernelVersion: os.release(),
    kernelArch: os.machine(),
  };
}

async function disk(path: string): Promise<Record<string, unknown>> {
  const stats = await statfs(path);
  const [total, free] = [stats.blocks * stats.bsize, stats.bavail * stats.bsize];
  const used = total - stats.bfree * stats.bsize;
  const inodesUsed = stats.files - stats.ffree;
  return {
    path,
    total,
    free,
    used,
    usedPercent: used + free === 0 ? 0 : (used / (used + free)) * 100,
    inodesTotal: stats.files,
    inodesUsed,
    inodesFree: stats.ffree,
    inodesUsedPercent: stats.files === 0 ? 0 : (inodesUsed / stats.files) * 100,
  };
}
