import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { parseJoinTarget } from "../config/join-target.ts";
import { renewNodeId } from "../platform/node-id.ts";
import type { Logger } from "../ports/logger.ts";
import { DamageError } from "../storage/failure.ts";
import { clearMustJoin, readMustJoin, setAsideDamaged } from "../storage/set-aside.ts";

type Keys = Pick<
  Config,
  | "dev"
  | "dataDir"
  | "nodeId"
  | "nodeName"
  | "bootstrapExpect"
  | "ports"
  | "startJoin"
  | "retryJoin"
  | "advertiseAddr"
  | "bindAddr"
>;

export interface LossDeps {
  config: Keys;
  uuid: () => string;
  nowMs: () => number;
  log: Logger;
}

/**
 * Opens the data, or, when it is damaged and other servers have it too, sets it aside, takes another node id and opens
 * what is empty then: the others bring it up to date. Never repairs and never cuts. A server that is alone refuses.
 */
export async function openOrSetAside<T>(open: () => Promise<T>, { config, uuid, nowMs, log }: LossDeps): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof DamageError) || !hasPeers(config)) throw error;
    log.error(`THE DATA OF THIS SERVER IS DAMAGED: ${error.message}`);
    // The id first: under the old one it could vote twice.
    const nodeId = renewNodeId(config.dataDir, config.nodeId, uuid);
    const aside = setAsideDamaged(config.dataDir, error.what, nowMs());
    log.error("begins anew as another server and waits for its cluster to take it in; what was there is kept", {
      aside,
      nodeId,
    });
    return open();
  }
}

/**
 * To be called before the log is opened: a node that has an id and no log any more has forgotten what it promised under
 * the id, and gets another one.
 */
export function settleNodeId({ config, uuid, log }: Omit<LossDeps, "nowMs">): void {
  const { dev, dataDir, nodeId } = config;
  if (dev) return;
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const hasLog = existsSync(join(dataDir, "raft", "raft.db"));
  if (hasLog || nodeId !== "" || !existsSync(join(dataDir, "node-id"))) return;
  log.warn("this node has an id and no log: it is another node from here on");
  renewNodeId(dataDir, "", uuid);
}

/** Whether this server must be taken in by others, since it lost its data, and has not been so far. */
export function onlyJoins({ dev, dataDir }: Keys, { clusterId }: { clusterId: string }): boolean {
  if (dev || readMustJoin(dataDir) === undefined) return false;
  if (clusterId === "") return true;
  // A crash came before the note was taken away.
  clearMustJoin(dataDir);
  return false;
}

/** Whether the configuration speaks of servers beside this one. */
function hasPeers({ bootstrapExpect, startJoin, retryJoin, advertiseAddr, bindAddr, nodeName, ports }: Keys): boolean {
  const own = [advertiseAddr, bindAddr, nodeName];
  const isOther = (text: string) => {
    const target = parseJoinTarget(text, ports.serfLan);
    return target.kind !== "host" || !own.includes(target.host);
  };
  return bootstrapExpect > 1 || [...startJoin, ...retryJoin].some(isOther);
}
