import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../lib/pause.ts";
import { type CommandContext, errorText } from "./context.ts";
import type { DebugPlan } from "./debug-plan.ts";

/** A busy agent at DEBUG must not fill the disk. */
const LOG_BYTES_MAX = 16 * 1024 * 1024;
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** Endpoints whose answer does not change while we look. */
const STATIC_PATHS = {
  agent: "/v1/agent/self",
  host: "/v1/agent/host",
  cluster: "/v1/agent/members?wan=1",
} as const;

/** Captures what is asked once. A target that can't be had is told by `complain` and left out. */
export async function captureStatic(
  context: CommandContext,
  plan: DebugPlan,
  complain: (target: string, error: unknown) => void,
): Promise<void> {
  for (const [target, path] of Object.entries(STATIC_PATHS) as [keyof typeof STATIC_PATHS, string][]) {
    if (!plan.targets.has(target)) continue;
    try {
      const [pathname = "", query] = path.split("?");
      const document = await context.api.get(pathname, query === undefined ? {} : { query: { wan: "1" } });
      writeJson(join(plan.directory, `${target}.json`), document);
    } catch (error) {
      complain(target, error);
    }
  }
}

/** Captures the metrics and profiles of one interval into a directory of its own; ends early when `signal` is aborted. */
export async function captureInterval(context: CommandContext, plan: DebugPlan, signal: AbortSignal): Promise<void> {
  const directory = newDirectory(context, plan);
  await Promise.all([
    pause(context.clock, plan.intervalMs, signal),
    plan.targets.has("metrics") ? captureMetrics(context, directory, signal) : undefined,
    plan.targets.has("pprof") ? captureProfiles(context, directory, plan.intervalMs, signal) : undefined,
  ]);
}

/** The directory of what is captured from now on. */
function newDirectory(context: CommandContext, plan: DebugPlan): string {
  const directory = join(plan.directory, String(Math.floor(context.clock.nowMs() / 1000)));
  mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  return directory;
}

async function captureMetrics(context: CommandContext, directory: string, signal: AbortSignal): Promise<void> {
  writeJson(join(directory, "metrics.json"), await context.api.get("/v1/agent/metrics", { signal }));
}

/** Captures the log until `signal` is aborted. It is one file, as Consul's, in the directory of the first interval. */
export async function captureLog(context: CommandContext, plan: DebugPlan, signal: AbortSignal): Promise<void> {
  const file = join(newDirectory(context, plan), "consul.log");
  writeFileSync(file, await readLog(context, signal), { mode: FILE_MODE });
}

/** Profiles of a Go program by the names of their files; those with a time take as long. */
const PROFILES = [
  { file: "heap.prof", name: "heap" },
  { file: "goroutine.prof", name: "goroutine" },
  { file: "profile.prof", name: "profile", isTimed: true },
  { file: "trace.out", name: "trace", isTimed: true },
] as const;

async function captureProfiles(
  context: CommandContext,
  directory: string,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  const seconds = String(Math.floor(intervalMs / 1000));
  await Promise.all(
    PROFILES.map(async ({ file, name, ...more }) => {
      const query = "isTimed" in more ? { seconds } : {};
      const response = await context.api.send("GET", `/debug/pprof/${name}`, { query, signal });
      writeFileSync(join(directory, file), await response.bytes(), { mode: FILE_MODE });
    }),
  );
}

/** Why the agent gives no profiles; undefined when it does. A Consul agent does so with `enable_debug`, this program's has none. */
export async function whyNoProfiles(context: CommandContext): Promise<string | undefined> {
  try {
    await context.api.send("GET", "/debug/pprof/cmdline");
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

async function readLog(context: CommandContext, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    const query = { loglevel: "DEBUG" };
    const response = await context.api.send("GET", "/v1/agent/monitor", { query, signal, streamed: true });
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > LOG_BYTES_MAX) break;
      chunks.push(chunk);
    }
  } catch (error) {
    // The end of the interval cuts the stream.
    if (!signal.aborted) throw error;
  }
  return Buffer.concat(chunks);
}

/** Writes a document as JSON, readable only by its owner. */
export function writeJson(file: string, document: unknown): void {
  const text = JSON.stringify(
    document,
    (_, value: unknown) => (typeof value === "bigint" ? JSON.rawJSON(String(value)) : value),
    "\t",
  );
  writeFileSync(file, `${text}\n`, { mode: FILE_MODE });
}
