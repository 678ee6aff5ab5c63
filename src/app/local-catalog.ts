import type { CatalogClient, ForgetRequest, NodeIdentity } from "../agent/sync/catalog-client.ts";
import type { Deregistration, Registration } from "../model/registration.ts";
import { nodeRecord } from "../state/catalog/node-record.ts";
import type { StateDb } from "../state/db.ts";

interface CatalogAccess {
  register(registration: Registration): Promise<true>;
  deregister(request: Deregistration): Promise<true>;
  forgetDeregistered(request: { nodeId: string; items: ForgetRequest["items"] }): Promise<void>;
  /** Resolves when the state here has all that was committed. */
  readable(): Promise<void>;
}

/** The catalog as this server's own agent uses it: the same endpoint and state that the HTTP edge has. */
export function localCatalog(db: StateDb, catalog: CatalogAccess): CatalogClient {
  return {
    async register({ node, service, checks = [], skipNodeUpdate, isNew }) {
      await catalog.register({
        Node: nodeOf(node),
        SkipNodeUpdate: skipNodeUpdate,
        Service: service ?? null,
        Checks: [...checks],
        ByOwner: isNew,
      });
    },
    async deregister({ datacenter, node, serviceId = "", checkId = "" }) {
      await catalog.deregister({ Datacenter: datacenter, Node: node, ServiceID: serviceId, CheckID: checkId });
    },
    async nodeView({ name, id }) {
      await catalog.readable();
      return nodeRecord(db, name, id);
    },
    forgetDeregistered: ({ nodeId, items }) => catalog.forgetDeregistered({ nodeId, items }),
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
