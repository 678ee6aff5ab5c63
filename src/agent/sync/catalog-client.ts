import type { Secret } from "../../lib/secret.ts";
import type { HealthCheck } from "../../model/check.ts";
import type { Deregistered, DeregisteredItem } from "../../model/deregistered.ts";
import type { Node } from "../../model/node.ts";
import type { OwnersClaim } from "../../model/registration.ts";
import type { NodeService } from "../../model/service.ts";

/** What every catalog record of this node carries. */
export interface NodeIdentity {
  datacenter: string;
  id: string;
  name: string;
  address: string;
  taggedAddresses: Readonly<Record<string, string>>;
  meta: Readonly<Record<string, string>>;
}

export interface RegisterRequest {
  node: NodeIdentity;
  service?: NodeService;
  checks?: readonly HealthCheck[];
  /** Leave an existing node's addresses and metadata alone. */
  skipNodeUpdate: boolean;
  /** What of it may come back although it was deregistered on purpose. */
  isNew: OwnersClaim;
  token: Secret;
}

export interface DeregisterRequest {
  datacenter: string;
  node: string;
  serviceId?: string;
  checkId?: string;
  token: Secret;
}

/** What the catalog has of a node. */
export interface NodeView {
  /** Null when it is unknown. */
  node: Node | null;
  services: NodeService[];
  checks: HealthCheck[];
  /** What was deregistered on purpose and the agent has not dropped yet, by node id. */
  deregistered: Deregistered[];
}

export interface ForgetRequest {
  nodeId: string;
  items: { kind: DeregisteredItem["Kind"]; id: string; index: number }[];
  token: Secret;
}

/**
 * The catalog as an agent uses it: on a server the leader's own, on a client over calls to a server. Calls may be made
 * again after one whose answer was lost. They reject with a Refusal of status 403 when access control forbids them,
 * `register` with one of 410 (DEREGISTERED_STATUS) for what was deregistered on purpose and is not new, and all with any
 * other error when they may be tried again.
 */
export interface CatalogClient {
  register(request: RegisterRequest): Promise<void>;
  /** Because the agent has it no more; it leaves no message to the agent. */
  deregister(request: DeregisterRequest): Promise<void>;
  /** Read from the leader, never stale; what this node has just written is in it. `id` "" asks for no messages. */
  nodeView(node: { name: string; id: string }, token: Secret): Promise<NodeView>;
  /** The agent has dropped what was deregistered on purpose. */
  forgetDeregistered(request: ForgetRequest): Promise<void>;
}
