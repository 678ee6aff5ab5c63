import type { Secret } from "../../lib/secret.ts";
import type { HealthCheck } from "../../model/check.ts";
import type { Node } from "../../model/node.ts";
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
  token: Secret;
}

export interface DeregisterRequest {
  datacenter: string;
  node: string;
  serviceId?: string;
  checkId?: string;
  token: Secret;
}

/**
 * The catalog as an agent uses it: on a server the leader's own, on a client over RPC. Calls reject with a Refusal of
 * status 403 when access control forbids them, and with any other error when they may be tried again.
 */
export interface CatalogClient {
  register(request: RegisterRequest): Promise<void>;
  deregister(request: DeregisterRequest): Promise<void>;
  /** The node's record (null when unknown) and its services; read from the leader, never stale. */
  nodeServices(node: string, token: Secret): Promise<{ node: Node | null; services: NodeService[] }>;
  nodeChecks(node: string, token: Secret): Promise<HealthCheck[]>;
}
