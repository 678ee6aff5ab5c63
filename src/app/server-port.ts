import { systemClock as clock } from "../platform/clock.ts";
import { joinHostPort } from "../platform/go-net-error.ts";
import { tcp } from "../platform/tcp-server.ts";
import type { Logger } from "../ports/logger.ts";
import type { LinkedPeers } from "../rpc/peers.ts";
import { GUEST_SELECTOR, LINK_SELECTOR, type Protocol, Selector } from "../rpc/selector.ts";

/**
 * Takes the connections of other servers and of guests; the returned function ends that. `guests` is undefined for as long
 * as this server can't answer them. Rejects with a text for the operator.
 */
export async function listenForServers(
  at: { address: string; port: number },
  peers: LinkedPeers,
  guests: () => Protocol | undefined,
  logger: Logger,
): Promise<() => void> {
  const protocols = new Map<number, Protocol>([
    [LINK_SELECTOR, peers.accept],
    [GUEST_SELECTOR, (connection, selected) => (guests() ?? turnedAway)(connection, selected)],
  ]);
  const selector = new Selector({ protocols, clock, logger });
  try {
    const listener = await selector.listen(tcp, at);
    return () => listener.close();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Failed to listen for other servers on ${joinHostPort(at.address, at.port)}: ${why}`);
  }
}

/** It comes again soon, and finds another server meanwhile. */
const turnedAway: Protocol = (connection) => {
  connection.destroy();
  return { onData: () => undefined, onDrain: () => undefined, onClose: () => undefined };
};
