import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { writeTar } from "../codec/tar.ts";
import type { ParsedFlags } from "../lang/goflags.ts";
import { type AgentSelf, readSelf } from "./agent-self.ts";
import { type CommandContext, CommandFailure, errorText } from "./context.ts";
import { captureInterval, captureLog, captureStatic, whyNoProfiles, writeJson } from "./debug-capture.ts";
import { type DebugPlan, type DebugTarget, durationText, planDebug } from "./debug-plan.ts";
import type { DEBUG_FLAGS } from "./table/snapshot.ts";

type Parsed = ParsedFlags<typeof DEBUG_FLAGS>;

const INDEX_VERSION = 1;

/** `debug`: captures, then packs. An interrupt ends the capture early and keeps what there is. */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  if (args.length > 0) throw new CommandFailure("==> debug: Too many arguments provided, expected 0");
  const { plan: wanted, self } = await prepare(context, values);
  const plan = await withoutMissing(context, wanted);
  context.print("==> Starting debugger and capturing static information...");
  const targets = [...plan.targets].join(", ");
  for (const [label, value] of [
    ["Agent Version", self.Config.Version],
    ["Interval", durationText(plan.intervalMs)],
    ["Duration", durationText(plan.durationMs)],
    ["Output", plan.result],
    ["Capture", targets],
  ] as const)
    context.print(`${label.padStart(18)}: '${value}'`);
  mkdirSync(plan.directory, { mode: 0o700 });
  writeJson(join(plan.directory, "index.json"), {
    Version: INDEX_VERSION,
    AgentVersion: self.Config.Version,
    Interval: durationText(plan.intervalMs),
    Duration: durationText(plan.durationMs),
    Targets: [...plan.targets],
  });
  await captureStatic(context, plan, (target, error) =>
    context.complain(`==> Could not capture ${target}: ${errorText(error)}`),
  );
  await captureDynamic(context, plan);
  if (values.archive) pack(context, plan);
  context.print(`    Saved debug archive: ${plan.result}`);
  return 0;
}

async function prepare(
  context: CommandContext,
  values: Parsed["values"],
): Promise<{ plan: DebugPlan; self: AgentSelf }> {
  try {
    const self = await readSelf(context, "error querying target agent").catch((error: unknown) => {
      throw new Error(`${errorText(error)}. verify connectivity and agent address`);
    });
    const output = `${context.program}-debug-${Math.floor(context.clock.nowMs() / 1000)}`;
    return { plan: planDebug(values, output), self };
  } catch (error) {
    throw new CommandFailure(`==> Capture validation failed: ${errorText(error)}`);
  }
}

/** The plan without what this agent has not; that is told. */
async function withoutMissing(context: CommandContext, plan: DebugPlan): Promise<DebugPlan> {
  if (!plan.targets.has("pprof")) return plan;
  const reason = await whyNoProfiles(context);
  if (reason === undefined) return plan;
  context.complain(`==> Left out: pprof, since the agent gives no Go profiles: ${reason}`);
  const targets = new Set(plan.targets);
  targets.delete("pprof");
  return { ...plan, targets };
}

async function captureDynamic(context: CommandContext, plan: DebugPlan): Promise<void> {
  if (!["metrics", "logs", "pprof"].some((name) => plan.targets.has(name as DebugTarget))) return;
  const over = new AbortController();
  const log = plan.targets.has("logs")
    ? captureLog(context, plan, AbortSignal.any([context.interrupted, over.signal])).catch((error: unknown) =>
        context.complain(`==> Could not capture logs: ${errorText(error)}`),
      )
    : undefined;
  await captureIntervals(context, plan);
  over.abort();
  await log;
}

async function captureIntervals(context: CommandContext, plan: DebugPlan): Promise<void> {
  const count = Math.ceil(plan.durationMs / plan.intervalMs);
  for (let at = 1; at <= count && !context.interrupted.aborted; at++) {
    context.print(`==> Beginning capture interval ${timeText(context)} (${at})`);
    try {
      await captureInterval(context, plan, context.interrupted);
      context.print(`==> Capture successful ${timeText(context)} (${at})`);
    } catch (error) {
      if (!context.interrupted.aborted) context.complain(`==> Capture failed: ${errorText(error)}`);
    }
  }
}

function timeText(context: CommandContext): string {
  return new Date(context.clock.nowMs()).toISOString();
}

function pack(context: CommandContext, plan: DebugPlan): void {
  const root = basename(plan.directory);
  const names = (readdirSync(plan.directory, { recursive: true }) as string[]).sort();
  const members = names
    .filter((name) => statSync(join(plan.directory, name)).isFile())
    .map((name) => ({ name: `${root}/${name}`, data: readFileSync(join(plan.directory, name)) }));
  const tar = writeTar(members, Math.floor(context.clock.nowMs() / 1000));
  writeFileSync(plan.result, gzipSync(tar), { mode: 0o600 });
  rmSync(plan.directory, { recursive: true });
}
