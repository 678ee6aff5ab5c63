import type { Message } from "../raft/core/messages.ts";

/** What two servers tell each other when they connect, and again when it changes. */
export interface Hello {
  /** Of the protocol between servers. */
  protocol: number;
  nodeId: string;
  nodeName: string;
  datacenter: string;
  /** "" while the server belongs to no cluster. */
  clusterId: string;
  /** `host:port` under which the others reach this server. */
  address: string;
  /** `bootstrap_expect` of the server. */
  expect: number;
  /** May become a voter (`non_voting_server` is not set). */
  mayVote: boolean;
  /** Version of the executable, and the newest format of the state that it reads. */
  version: string;
  stateFormat: number;
  /** The other servers that it knows. */
  known: readonly KnownServer[];
  /** What the catalog shall say of its node. */
  taggedAddresses: Readonly<Record<string, string>>;
  nodeMeta: Readonly<Record<string, string>>;
}

export interface KnownServer {
  nodeId: string;
  address: string;
}

/** Another server, as it introduced itself last. */
export interface Peer {
  hello: Hello;
  isConnected: boolean;
  /** When bytes came from it last, on the monotonic clock. */
  heardMs: number;
}

/** A value that travels: JSON, and bytes and bigints in it. */
export type Wire = unknown;

/** The other servers. Peers are named by node id; addresses only say where to look for them. */
export interface Peers {
  /** For Raft: at once or never; see `RaftTransport`. */
  send(message: Message): void;
  /**
   * Calls a method of another server. Rejects with its Refusal, with `NotSent` when the call certainly did not reach it,
   * or with `AnswerLost` when it may have been executed.
   */
  call(
    nodeId: string,
    method: string,
    argument: Wire,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<Wire>;
  /** Connects to an address, and again whenever it is lost, until `forget`; whoever answers there introduces itself. */
  dial(address: string): void;
  forget(address: string): void;
  /** Where a server was seen last; the connection is kept as long as it is known. */
  know(server: KnownServer): void;
  list(): readonly Peer[];
  /** What this server says of itself changed: tells all. */
  hello(): void;
  close(): Promise<void>;
}
