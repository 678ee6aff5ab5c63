import type { Logger } from "../ports/logger.ts";
import type { Server } from "../raft/configuration.ts";
import type { LogStore, OpenedLog } from "../raft/types.ts";

/**
 * A log that was written by a version that knew no other servers says nothing of a cluster: it is that of the only
 * server there was. Gives what the log says then.
 */
export async function nameLoneServer(
  store: LogStore,
  opened: OpenedLog,
  self: Pick<Server, "id" | "address">,
  uuid: () => string,
  log: Logger,
): Promise<OpenedLog> {
  const { bounds, configurations } = opened;
  const servers = configurations.at(-1)?.configuration.servers ?? [];
  if (bounds.lastIndex === 0 || servers.length > 0) return opened;
  log.info("the data is of a version without clusters: this server is the only one of its cluster");
  await store.forceConfiguration({ servers: [{ ...self, voter: true }] }, uuid());
  return store.open();
}
