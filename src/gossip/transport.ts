import type { Endpoint, PacketMessage, Ping, PushedNode, PushPull } from "./messages.ts";

/** The network as the membership sees it: what is sealed, framed and sent is the transport's business. */
export interface Transport {
  /**
   * Bytes that the parts of one packet may have in all, with `PART_BYTES` for each part counted in. Smaller with
   * encryption; read anew for each packet.
   */
  packetBudget(): number;
  /** Sends encoded messages in one packet, at once or never. `withCrc`: the receiver is known to check it. */
  send(to: Endpoint, parts: readonly Uint8Array[], withCrc: boolean): void;
  /** Sends one encoded message of the layer above over a stream; rejects when it could not be handed over. */
  sendReliably(to: Endpoint, payload: Uint8Array): Promise<void>;
  /** Gives the own state to a peer over a stream and resolves with the peer's. Rejects with a text for the operator. */
  pushPull(to: Endpoint, own: PushPull): Promise<PushPull>;
  /** Pings over a stream: true when the right answer came in time. Never rejects. */
  pingReliably(to: Endpoint, ping: Ping, timeoutMs: number): Promise<boolean>;
}

/** Overhead of each part in a compound packet, and of the compound itself. */
export const PART_BYTES = 2;
export const COMPOUND_BYTES = 2;

/** What comes from the network. */
export interface Receiver {
  /** `from` is where the packet came from, whatever it says inside. */
  onMessage(from: Endpoint, message: PacketMessage): void;
  /** Why a peer that joins, and gave these, is told nothing, if so. */
  refuseJoin(nodes: readonly PushedNode[]): Promise<string | undefined>;
  /** A peer gave its state: the own state is to be returned first, and `remote` is merged after that. */
  onPushPull(from: Endpoint, remote: PushPull): PushPull;
  /** A message of the layer above that came over a stream. */
  onReliable(from: Endpoint, payload: Uint8Array): void;
}
