import type { Entry } from "./command.ts";
import { agentCommands } from "./table/agent.ts";
import { catalogCommands } from "./table/catalog.ts";
import { childCommands } from "./table/children.ts";
import { configCommands } from "./table/config.ts";
import { eventCommands } from "./table/event.ts";
import { gossipCommands } from "./table/gossip.ts";
import { kvCommands } from "./table/kv.ts";
import { localCommands } from "./table/local.ts";
import { operatorCommands } from "./table/operator.ts";
import { servicesCommands } from "./table/services.ts";
import { sessionCommands } from "./table/session.ts";
import { snapshotCommands } from "./table/snapshot.ts";
import { tlsCommands } from "./table/tls.ts";

/**
 * Every command there is. Dispatch, help, usage errors and shell completion read this table and nothing else; handlers
 * are loaded when their command runs.
 */
export const commands: readonly Entry[] = [
  ...agentCommands,
  ...catalogCommands,
  ...childCommands,
  ...configCommands,
  ...eventCommands,
  ...gossipCommands,
  ...kvCommands,
  ...localCommands,
  ...operatorCommands,
  ...servicesCommands,
  ...sessionCommands,
  ...snapshotCommands,
  ...tlsCommands,
];
