import type { Encoded } from "./respond.ts";

/** How a request came here that another agent passed on. What that agent's configuration says of its requests holds here. */
export interface Forwarded {
  /** How many nodes passed it on. */
  readonly hops: number;
  /** Name of the node whose agent was asked. */
  readonly node: string;
  /** JSON is indented for people. */
  readonly pretty: boolean;
  /** As in `ReadDefaults`. */
  readonly discoveryMaxStaleMs: number;
  /** As in `HttpSettings`. */
  readonly ignoresCached: boolean;
  /** Datacenter of the agent that was asked, where it wants addresses by which nodes of others are reached from there. */
  readonly farFrom?: string | undefined;
  /** Those of the server that answers hold, too. */
  readonly bodyLimits?: BodyLimits | undefined;
}

/** Bytes that an agent takes. */
export interface BodyLimits {
  /** `limits.kv_max_value_size`. */
  readonly kvValueBytesMax: number;
  /** `limits.txn_max_req_len`. */
  readonly txnBytesMax: number;
}

/** A request that a server is to answer: of this datacenter, or of another one. */
export interface ForwardRequest {
  readonly raw: Request;
  /** The whole body, where it was read already. */
  readonly body?: Uint8Array;
  /** Of the caller, or "" on a unix socket. */
  readonly address: string;
  /** Set when it came from another agent itself. */
  readonly forwarded: Forwarded | undefined;
  /** Called once where the answer's body is a stream: it is over. */
  readonly onEnd: () => void;
}

/** The servers that answer what this agent does not. */
export interface Elsewhere {
  /**
   * Has a request answered by a server of the datacenter, by default of the own one. Its answer is given as it is, whatever
   * it says; rejects with a Refusal in Consul's words when there is none.
   */
  forward(datacenter: string | undefined, request: ForwardRequest): Promise<Encoded>;
}
