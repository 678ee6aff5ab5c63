import { hostname } from "node:os";
import { readSelf } from "./agent-self.ts";
import { type ApiContext, type CommandContext, CommandFailure, errorText, orFail } from "./context.ts";
import { ApiClient } from "./http.ts";
import { readHttpSettings } from "./http-settings.ts";
import { readSnapshotAgentConfig } from "./snapshot-agent-config.ts";
import { AgentLog } from "./snapshot-agent-log.ts";
import { Presence } from "./snapshot-agent-presence.ts";
import { S3Store } from "./snapshot-agent-s3.ts";
import {
  type SnapshotAgentFlags,
  type SnapshotAgentSettings,
  snapshotAgentSettings,
} from "./snapshot-agent-settings.ts";
import { LocalStore, type SnapshotStore } from "./snapshot-agent-store.ts";
import { takeSnapshot } from "./snapshot-agent-take.ts";
import { takeTurns } from "./snapshot-agent-term.ts";

/** `snapshot agent`: one snapshot with `-interval=0`, else one each interval until it is stopped. */
export async function run(context: CommandContext, flags: SnapshotAgentFlags): Promise<number> {
  if (flags.args.length > 0) throw new CommandFailure(`Too many arguments (expected 0, got ${flags.args.length})`);
  const settings = await readSettings(context, flags);
  const api = new ApiClient(readHttpSettings(settings.http, context.env));
  const world = { api, clock: context.clock };
  const log = new AgentLog(context.clock, context.out, settings.logLevel);
  const taking = { world, store: openStore(context, settings), retain: retainOf(settings), log };
  if (settings.intervalMs === 0) {
    await orFail("Error saving snapshot", takeSnapshot(taking, context.interrupted));
    return 0;
  }
  await checkDatacenter(world, settings.datacenter);
  log.info("Snapshot agent running");
  const presence = settings.service === "" ? undefined : new Presence(world, { ...settings, host: hostname() }, log);
  // It says goodbye after the lock is given back, so that nothing keeps the next agent waiting.
  const finished = new AbortController();
  const shown = presence?.keep(finished.signal);
  await takeTurns({ ...settings, ...taking, presence }, context.interrupted);
  finished.abort();
  await shown;
  log.info("Snapshot agent stopped");
  return 0;
}

async function readSettings(context: CommandContext, flags: SnapshotAgentFlags): Promise<SnapshotAgentSettings> {
  const { "config-file": files = [], "config-dir": directories = [] } = flags.values;
  const { sources, warnings } = await orFail(
    "Error reading configuration",
    context.readConfigSources([...directories, ...files]),
  );
  for (const warning of warnings) context.complain(warning);
  return snapshotAgentSettings(flags, readSnapshotAgentConfig(sources), context.env);
}

function openStore({ clock }: CommandContext, { store }: SnapshotAgentSettings): SnapshotStore {
  try {
    return store.kind === "s3" ? new S3Store(store, clock) : new LocalStore(store.path);
  } catch (error) {
    throw new CommandFailure(`Error opening the store: ${errorText(error)}`);
  }
}

/** One name that is written again and again has nothing to remove. */
function retainOf({ retain, store }: SnapshotAgentSettings): number {
  return store.kind === "s3" && store.staticName !== "" ? 0 : retain;
}

/** The lock and the service are the agent's own, so an agent that stays can't be about another datacenter. */
async function checkDatacenter(world: ApiContext, datacenter: string): Promise<void> {
  if (datacenter === "") return;
  const { Config } = await readSelf(world);
  if (Config.Datacenter !== datacenter)
    throw new CommandFailure(
      `The agent is in datacenter ${Config.Datacenter}: for snapshots of ${datacenter} ask an agent there, or use -interval=0`,
    );
}
