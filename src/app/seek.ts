import { lookup } from "node:dns/promises";
import type { Config } from "../config/config.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { joinHostPort } from "../platform/go-net-error.ts";
import type { Logger } from "../ports/logger.ts";
import type { JoinRecord } from "../server/join/joiner.ts";
import { Seeker } from "../server/join/seeker.ts";
import type { ServerLink } from "./server-link.ts";

/** Begins to ask the servers that the configuration names; the returned function ends that. */
export function seek(
  { startJoin, retryJoin, retryIntervalMs, retryMax }: Config,
  { peers }: Pick<ServerLink, "peers">,
  record: Pick<JoinRecord, "clusterId">,
  log: Logger,
  onGivenUp: (reason: string) => void,
): () => void {
  const seeker = new Seeker({
    ...{ peers, startJoin, retryJoin, retryIntervalMs, retryMax, joinHostPort, clock, log, onGivenUp },
    resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    isJoined: () => record.clusterId() !== "",
  });
  seeker.start();
  return () => seeker.stop();
}
