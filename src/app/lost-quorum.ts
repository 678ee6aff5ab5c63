import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../ports/logger.ts";
import type { Configuration } from "../raft/configuration.ts";
import type { LogStore, OpenedLog } from "../raft/types.ts";
import { readPeersFile, recoveredClusterId } from "../server/join/peers-file.ts";

const PEERS_FILE = "peers.json";
const USED_FILE = "peers.json.used";

/**
 * `raft/peers.json`, if there is one: an operator says who the servers are from here on, because those that were are
 * lost. The file is renamed once that is durable; a crash before does the same again. Gives what the log says then.
 */
export async function recoverByFile(options: {
  dataDir: string;
  nodeId: string;
  store: LogStore;
  opened: OpenedLog;
  log: Logger;
}): Promise<OpenedLog> {
  const { dataDir, nodeId, store, opened, log } = options;
  const path = join(dataDir, "raft", PEERS_FILE);
  if (!existsSync(path)) return opened;
  const configuration = readPeersFile(readFileSync(path, "utf8"), nodeId);
  if (opened.bounds.lastIndex === 0) {
    throw new Error(`${path}: this server has no data of a cluster, so there is nothing to recover; remove the file`);
  }
  const newest = opened.configurations.at(-1);
  if (opened.isForced && isSame(newest?.configuration, configuration)) {
    // The last run came as far as to the log: another id would part this server from the other survivors.
    renameSync(path, join(dataDir, "raft", USED_FILE));
    return opened;
  }
  const clusterId = await recoveredClusterId(opened.clusterId, configuration);
  log.warn(
    `RECOVERING THE CLUSTER from ${path}: only the servers that it names go on, and what only others had is lost`,
    {
      servers: configuration.servers.map(({ id, address }) => `${id} (${address})`).join(", "),
      lastIndex: opened.bounds.lastIndex,
      before: opened.clusterId,
      cluster: clusterId,
    },
  );
  await store.forceConfiguration(configuration, clusterId);
  renameSync(path, join(dataDir, "raft", USED_FILE));
  return store.open();
}

function isSame(a: Configuration | undefined, b: Configuration): boolean {
  const text = ({ servers }: Configuration) =>
    JSON.stringify(servers.map(({ id, address, voter }) => [id, address, voter]).sort());
  return a !== undefined && text(a) === text(b);
}
