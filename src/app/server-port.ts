import { systemClock as clock } from "../platform/clock.ts";
import { joinHostPort } from "../platform/go-net-error.ts";
import { tcp } from "../platform/tcp-server.ts";
import type { Logger } from "../ports/logger.ts";
import type { LinkedPeers } from "../rpc/peers.ts";
import { LINK_SELECTOR, Selector } from "../rpc/selector.ts";

/** Takes the other servers' connections; the returned function ends that. Rejects with a text for the operator. */
export async function listenForServers(
  at: { address: string; port: number },
  peers: LinkedPeers,
  logger: Logger,
): Promise<() => void> {
  const selector = new Selector({ protocols: new Map([[LINK_SELECTOR, peers.accept]]), clock, logger });
  try {
    const listener = await selector.listen(tcp, at);
    return () => listener.close();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Failed to listen for other servers on ${joinHostPort(at.address, at.port)}: ${why}`);
  }
}
