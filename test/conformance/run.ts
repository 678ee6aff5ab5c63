import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import differences from "./differences.json" with { type: "json" };
import { inParallel, runArea, type Setup } from "./harness/area-run.ts";
import { type Args, parseArgs } from "./harness/args.ts";
import { difference, same } from "./harness/compare.ts";
import {
  loadClientRecording,
  loadRecording,
  type Recording,
  recordingOf,
  saveClientRecording,
  saveRecording,
} from "./harness/recording.ts";
import { type AreaOutcome, type Outcome, problems, table } from "./harness/report.ts";
import { makesSenseThroughClient } from "./harness/through-client.ts";
import type { Area } from "./harness/types.ts";
import { AREAS } from "./script/all.ts";

const CONSUL_HELP = `CONSUL_BIN must name the binary of a real Consul 1.8.7. Debian 11 (bullseye) has it: download the package
"consul" from its archive and unpack it with dpkg -x; the binary is usr/bin/consul.
`;
/** Most of an area's time is waiting for an election, so a few of them share two cores well. */
const AREAS_AT_ONCE = 4;
/** The slowest thing that is waited for is a coordinate: they are written every five seconds. */
const UNTIL_MS_MAX = { record: 10_000, replay: 7_000 };

const say = (text: string) => process.stdout.write(text);

function consulBinary(): string {
  const path = process.env.CONSUL_BIN;
  if (path === undefined || !existsSync(path)) throw new Error(CONSUL_HELP);
  return resolve(path);
}

function chosen(args: Args): Area[] {
  if (args.only.length === 0) return AREAS.filter((area) => !args.throughClient || makesSenseThroughClient(area));
  const names = new Set(args.only.map((word) => word.split("/")[0]));
  const found = AREAS.filter((area) => names.has(area.name));
  if (found.length < names.size) throw new Error(`areas are: ${AREAS.map((area) => area.name).join(" ")}\n`);
  return found;
}

/** Two recordings of one script must be equal after normalising; what differs is a fault of the script, not of Consul. */
async function record(areas: readonly Area[], { throughClient }: Args): Promise<number> {
  const consul = consulBinary();
  const setup: Setup = { agent: consul, cli: consul, throughClient };
  const rounds: Recording[][] = [];
  const unsettled: string[] = [];
  for (let round = 0; round < 2; round++) {
    rounds.push(
      await inParallel(areas, AREAS_AT_ONCE, async (area) => {
        const run = await runArea(setup, area, UNTIL_MS_MAX.record);
        unsettled.push(...run.unsettled);
        return recordingOf(area, run.answers);
      }),
    );
  }
  for (const id of new Set(unsettled)) say(`${id}: waited in vain for its "until"\n`);
  let unstable = unsettled.length;
  for (const [at, area] of areas.entries()) {
    const [first, second] = [rounds[0]?.[at] ?? {}, rounds[1]?.[at] ?? {}];
    for (const [id, { request, answer }] of Object.entries(first)) {
      const again = second[id]?.answer;
      if (again !== undefined && same(answer, again)) continue;
      unstable++;
      say(`\n${id}: two recordings differ\n  ${request}\n`);
      if (again !== undefined) say(`  ${difference(answer, again).join("\n  ")}\n`);
    }
    await (throughClient ? saveClientRecording : saveRecording)(area, first);
  }
  say(`recorded ${areas.reduce((sum, area) => sum + area.exchanges.length, 0)} exchanges, ${unstable} unstable\n`);
  return unstable === 0 ? 0 : 1;
}

async function replay(areas: readonly Area[], args: Args): Promise<number> {
  const agent = resolve(args.against ?? process.env.MUSTER_BIN ?? join(import.meta.dir, "../../dist/muster"));
  if (!existsSync(agent)) throw new Error(`no binary at ${agent}; build it, or name one in MUSTER_BIN\n`);
  const { cliFromConsul, throughClient } = args;
  const setup: Setup = { agent, cli: cliFromConsul ? consulBinary() : agent, throughClient };
  const reasons: Readonly<Record<string, string>> = args.against === undefined ? differences : {};
  const outcomes = await inParallel(areas, AREAS_AT_ONCE, (area) => replayArea(setup, area, args, reasons));
  const ids = new Set(AREAS.flatMap((area) => area.exchanges.map((exchange) => exchange.id)));
  const found = problems(
    outcomes,
    Object.keys(reasons).filter((id) => !ids.has(id)),
  );
  say(found);
  say(`\n${table(outcomes)}`);
  return found === "" ? 0 : 1;
}

async function replayArea(
  setup: Setup,
  area: Area,
  args: Args,
  reasons: Readonly<Record<string, string>>,
): Promise<AreaOutcome> {
  const recording = await (args.throughClient ? loadClientRecording : loadRecording)(area);
  const shown = (id: string) => args.only.length === 0 || args.only.includes(area.name) || args.only.includes(id);
  const compared = area.exchanges.filter(
    (exchange) => shown(exchange.id) && (!args.cliFromConsul || exchange.request.kind === "cli"),
  );
  let startFailure: string | undefined;
  const expecting: Setup = { ...setup, recorded: (id) => recording[id]?.answer };
  const run = await runArea(expecting, area, UNTIL_MS_MAX.replay).catch((error: unknown) => {
    startFailure = error instanceof Error ? error.message : String(error);
    return undefined;
  });
  const outcomes = compared.flatMap(({ id }): Outcome[] => {
    const recorded = recording[id];
    if (recorded === undefined) return [];
    const got = run?.answers.get(id) ?? { kind: "none" as const, failure: "no agent" };
    const equal = same(recorded.answer, got);
    // With Consul's own command line, and through a client, some listed differences vanish: no reason to unlist them.
    const reason = (args.cliFromConsul || args.throughClient) && equal ? undefined : reasons[id];
    return [{ id, recorded, got, same: equal, ...(reason === undefined ? {} : { reason }) }];
  });
  return { name: area.name, outcomes, ...(startFailure === undefined ? {} : { startFailure }) };
}

try {
  const args = parseArgs(process.argv.slice(2));
  process.exitCode = args.record ? await record(chosen(args), args) : await replay(chosen(args), args);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
