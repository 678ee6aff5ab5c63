import type { Alive, Endpoint, PushedNode, Versions } from "../messages.ts";

/** A member as the membership knows it. Replaced as a whole when something changes, never changed. */
export interface SwimMember {
  readonly name: string;
  readonly at: Endpoint;
  readonly meta: Uint8Array;
  readonly versions: Versions;
  readonly incarnation: number;
  readonly state: "alive" | "suspect" | "dead" | "left";
  /** On the monotonic clock. */
  readonly changedMs: number;
}

/** The layer above the membership. Everything is called at once, in the order in which it happened. */
export interface SwimDelegate {
  /** Became alive: new, or back. `other` may have an address that is not the one before. */
  onJoin(member: SwimMember): void;
  /** `member.state` says whether it is dead or left. */
  onLeave(member: SwimMember): void;
  /** Its meta changed. */
  onUpdate(member: SwimMember): void;
  /** An alive message has a living member's name and another address; it is not taken. */
  onConflict(existing: SwimMember, other: Alive): void;
  /** Why an alive message is not to be taken, if so. */
  refuseAlive(alive: Alive): string | undefined;
  /** Some of the members that a peer tells of, before `refuseMerge` is asked of all: what takes long may be done now. */
  onPushed?(nodes: readonly PushedNode[]): void;
  /** Why the states of a peer are not to be merged at all, if so. Asked when one of the two joins. */
  refuseMerge(nodes: readonly PushedNode[]): string | undefined;
  /** A message of the layer above; bytes are its own after the call. */
  onUserMessage(payload: Uint8Array, from: Endpoint): void;
  /** What this layer gives to a peer in a full exchange, and takes from one. */
  localState(isJoin: boolean): Uint8Array;
  mergeState(state: Uint8Array, isJoin: boolean): void;
  /**
   * Messages to go with a packet that has room for `budget` bytes, each counted with `overhead` more. Each call counts as one
   * transmit of what it gives. They are whole encoded messages, the type byte of `user` included.
   */
  broadcasts(overhead: number, budget: number): Uint8Array[];
  /** Goes with each answer to a ping, and what came with one that answered this node's own ping directly. */
  ackPayload(): Uint8Array;
  onAck(member: SwimMember, rttMs: number, payload: Uint8Array): void;
}

/** The membership as the layer above uses it. */
export interface SwimPort {
  readonly name: string;
  /** All that are known, this one and dead ones included. */
  members(): Iterable<SwimMember>;
  member(name: string): SwimMember | undefined;
  /** How many are known, dead ones too as long as they are kept. */
  readonly size: number;
  /** Of them, those who are neither dead nor left, this one included. */
  readonly aliveCount: number;
  /** Lifeguard's awareness: 0 is healthy. */
  readonly healthScore: number;
  /**
   * A message of the layer above to one peer, at once; others that wait go with it. `payload` without the type byte of `user`,
   * as `onUserMessage` gets it.
   */
  send(to: Endpoint, payload: Uint8Array, withCrc: boolean): void;
  /** Exchanges all states with a peer and merges what it says. Rejects with a text for the operator. */
  pushPull(to: Endpoint, isJoin: boolean): Promise<void>;
  /** Says that this member goes; resolves when enough were told, or after `timeoutMs`. It answers until `close`. */
  leave(timeoutMs: number): Promise<void>;
  /** Tells all that the own meta is another one. */
  setMeta(meta: Uint8Array): void;
  /** Something waits in the layer above's queues: the next gossip may not be left out. */
  wake(): void;
}
