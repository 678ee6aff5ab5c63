/**
 * What members of a pool say to each other: memberlist's messages and Serf's, decoded. Addresses are IP texts. Lamport
 * times are numbers: one beyond 2^53 - 1 can only come from somebody who wants to break the clocks of all, and the message
 * is refused.
 */

export interface Endpoint {
  /** IPv4 or IPv6 as text, never a name. */
  readonly address: string;
  readonly port: number;
}

/** Protocol versions that a member speaks: of the membership and of what rides on it, each lowest, highest, current. */
export interface Versions {
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCurrent: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCurrent: number;
}

/** What this program speaks, as Consul does: every peer in use lies within. */
export const OWN_VERSIONS: Versions = {
  protocolMin: 1,
  protocolMax: 5,
  protocolCurrent: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCurrent: 4,
};

/** Who asks, when it is not the sender of the packet that counts. */
interface Asker {
  readonly source?: Endpoint;
  readonly sourceNode?: string;
}

export interface Ping extends Asker {
  readonly type: "ping";
  readonly seqNo: number;
  /** Name of who is meant; "" for whoever is there. */
  readonly node: string;
}
export interface IndirectPing extends Asker {
  readonly type: "indirectPing";
  readonly seqNo: number;
  readonly target: Endpoint;
  readonly node: string;
  /** Whether a nack is wanted when the target stays silent. */
  readonly wantsNack: boolean;
}
export interface Ack {
  readonly type: "ack";
  readonly seqNo: number;
  readonly payload: Uint8Array;
}
export interface Nack {
  readonly type: "nack";
  readonly seqNo: number;
}
export interface Suspect {
  readonly type: "suspect";
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}
export interface Alive {
  readonly type: "alive";
  readonly incarnation: number;
  readonly node: string;
  readonly at: Endpoint;
  readonly meta: Uint8Array;
  /** Undefined when the field is shorter than six bytes. */
  readonly versions: Versions | undefined;
}
/** `from === node`: it has left. */
export interface Dead {
  readonly type: "dead";
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}
/** Bytes of the layer above. */
export interface User {
  readonly type: "user";
  readonly payload: Uint8Array;
}
export type PacketMessage = Ping | IndirectPing | Ack | Nack | Suspect | Alive | Dead | User;

/** States as they travel: 0 to 3. */
export const NODE_STATES = ["alive", "suspect", "dead", "left"] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** A member in a full exchange of states. */
export interface PushedNode {
  readonly name: string;
  readonly at: Endpoint;
  readonly meta: Uint8Array;
  readonly incarnation: number;
  readonly state: NodeState;
  readonly versions: Versions | undefined;
}

export interface PushPull {
  readonly isJoin: boolean;
  readonly nodes: readonly PushedNode[];
  /** Of the layer above; may be empty. */
  readonly userState: Uint8Array;
}

// Serf's messages, which ride in `User` and in `PushPull.userState`.

export interface JoinIntent {
  readonly type: "join";
  readonly ltime: number;
  readonly node: string;
}
export interface LeaveIntent {
  readonly type: "leave";
  readonly ltime: number;
  readonly node: string;
  readonly prune: boolean;
}
export interface UserEventMessage {
  readonly type: "userEvent";
  readonly ltime: number;
  readonly name: string;
  readonly payload: Uint8Array;
  readonly coalesce: boolean;
}
export interface QueryMessage {
  readonly type: "query";
  readonly ltime: number;
  readonly id: number;
  /** Where answers go. */
  readonly at: Endpoint;
  readonly sourceNode: string;
  readonly filters: readonly QueryFilter[];
  readonly wantsAck: boolean;
  /** Not to be passed on. */
  readonly noBroadcast: boolean;
  readonly relayFactor: number;
  readonly timeoutMs: number;
  readonly name: string;
  readonly payload: Uint8Array;
}
/** A filter of a kind that is not known is kept as undefined: nobody is meant by it. */
export type QueryFilter =
  | { readonly kind: "nodes"; readonly names: readonly string[] }
  | { readonly kind: "tag"; readonly tag: string; readonly expression: string }
  | undefined;
export interface QueryResponse {
  readonly type: "queryResponse";
  readonly ltime: number;
  readonly id: number;
  readonly from: string;
  readonly isAck: boolean;
  readonly payload: Uint8Array;
}
export interface ConflictResponse {
  readonly type: "conflictResponse";
  readonly member: {
    readonly name: string;
    readonly at: Endpoint;
    readonly tags: Readonly<Record<string, string>>;
    readonly status: number;
    readonly versions: Versions;
  };
}
export interface KeyRequest {
  readonly type: "keyRequest";
  readonly key: Uint8Array;
}
export interface KeyResponse {
  readonly type: "keyResponse";
  readonly result: boolean;
  readonly message: string;
  /** Base64. */
  readonly keys: readonly string[];
  readonly primaryKey: string;
}
/** To be handed to `to` as it is. */
export interface Relay {
  readonly type: "relay";
  readonly to: Endpoint;
  readonly toNode: string;
  readonly inner: Uint8Array;
}
/** Serf's part of a full exchange. */
export interface SerfState {
  readonly type: "pushPull";
  readonly ltime: number;
  readonly statusLTimes: ReadonlyMap<string, number>;
  readonly leftMembers: readonly string[];
  readonly eventLTime: number;
  /** Those that are kept, in any order; empty slots of the ring are left out. */
  readonly events: readonly { readonly ltime: number; readonly events: readonly StoredEvent[] }[];
  readonly queryLTime: number;
}
export interface StoredEvent {
  readonly name: string;
  readonly payload: Uint8Array;
}
export type SerfMessage =
  | JoinIntent
  | LeaveIntent
  | UserEventMessage
  | QueryMessage
  | QueryResponse
  | ConflictResponse
  | KeyRequest
  | KeyResponse
  | Relay
  | SerfState;
