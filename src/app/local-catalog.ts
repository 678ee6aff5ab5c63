import type { CatalogClient, NodeIdentity } from "../agent/sync/catalog-client.ts";
import type { Deregistration, Registration } from "../model/registration.ts";
import { checksOfNode } from "../state/checks/queries.ts";
import type { StateDb } from "../state/db.ts";
import { nodeByName } from "../state/nodes/queries.ts";
import { servicesOfNode } from "../state/services/queries.ts";

interface CatalogAccess {
  register(registration: Registration): Promise<true>;
  deregister(request: Deregistration): Promise<true>;
  /** Resolves when the state here has all that was committed. */
  readable(): Promise<void>;
}

/** The catalog as this server's own agent uses it: the same endpoint and state that the HTTP edge has. */
export function localCatalog(db: StateDb, catalog: CatalogAccess): CatalogClient {
  return {
    async register({ node, service, checks = [], skipNodeUpdate }) {
      await catalog.register({
        Node: nodeOf(node),
        SkipNodeUpdate: skipNodeUpdate,
        Service: service ?? null,
        Checks: [...checks],
      });
    },
    async deregister({ datacenter, node, serviceId = "", checkId = "" }) {
      await catalog.deregister({ Datacenter: datacenter, Node: node, ServiceID: serviceId, CheckID: checkId });
    },
    async nodeServices(name) {
      await catalog.readable();
      return { node: nodeByName(db, name) ?? null, services: servicesOfNode(db, name) };
    },
    async nodeChecks(name) {
      await catalog.readable();
      return checksOfNode(db, name);
    },
  };
}

export function nodeOf(identity: NodeIdentity) {
  return {
    ID: identity.id,
    Node: identity.name,
    Address: identity.address,
    Datacenter: identity.datacenter,
    TaggedAddresses: { ...identity.taggedAddresses },
    Meta: { ...identity.meta },
    CreateIndex: 0,
    ModifyIndex: 0,
  };
}
