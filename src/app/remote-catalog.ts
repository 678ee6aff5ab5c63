import type { Router } from "../agent/router/router.ts";
import type { CatalogClient, NodeIdentity, NodeView } from "../agent/sync/catalog-client.ts";
import type { DnsAddressOwners } from "../dns/source.ts";
import { AGENT_METHODS } from "../server/agent-names.ts";
import type { CoordinateUpdate } from "../state/coordinates/commands.ts";

/** A server waits for a leader and for its disk; more than that is a lost call. */
const CALL_MS_MAX = 40_000;

/** What a client agent has at the servers of its datacenter beside HTTP requests. */
export interface RemoteServers {
  readonly catalog: CatalogClient;
  sendCoordinate(update: CoordinateUpdate): Promise<void>;
  owners(ip: string): Promise<DnsAddressOwners>;
}

/** All of these calls may be executed twice, so each is tried at another server when its answer is lost. */
export function remoteServers(router: Pick<Router, "call">, datacenter: string): RemoteServers {
  const call = (method: string, argument: unknown) =>
    router.call(datacenter, method, argument, { timeoutMs: CALL_MS_MAX, isSafe: true });
  return {
    catalog: {
      async register({ node, service, checks = [], skipNodeUpdate, isNew }) {
        const body = { ...nodeBody(node), SkipNodeUpdate: skipNodeUpdate, Service: service ?? null, Checks: checks };
        await call(AGENT_METHODS.register, { registration: body, claim: isNew });
      },
      async deregister({ datacenter: Datacenter, node: Node, serviceId: ServiceID = "", checkId: CheckID = "" }) {
        await call(AGENT_METHODS.deregister, { Datacenter, Node, ServiceID, CheckID });
      },
      nodeView: (node) => call(AGENT_METHODS.nodeView, node) as Promise<NodeView>,
      async forgetDeregistered({ nodeId, items }) {
        await call(AGENT_METHODS.forget, { nodeId, items });
      },
    },
    async sendCoordinate(update) {
      await call(AGENT_METHODS.coordinate, update);
    },
    owners: (ip) => call(AGENT_METHODS.owners, { ip }) as Promise<DnsAddressOwners>,
  };
}

/** As the body of `PUT /v1/catalog/register` names it. */
function nodeBody({ id, name, address, datacenter, taggedAddresses, meta }: NodeIdentity) {
  return {
    ...{ ID: id, Node: name, Address: address, Datacenter: datacenter },
    ...{ TaggedAddresses: taggedAddresses, NodeMeta: meta },
  };
}
