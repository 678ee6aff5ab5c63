import type { Config } from "../config/config.ts";
import type { Api } from "../http/table.ts";
import { sortByDistance } from "../lib/coordinate.ts";
import { Refusal } from "../lib/refusal.ts";
import { systemClock } from "../platform/clock.ts";
import { systemRandom as random } from "../platform/random.ts";
import type { QueryExecutor } from "../server/query-executor.ts";
import { restoreThroughLeader } from "../server/restore-through-leader.ts";
import { healthConnect, healthIngress, healthService, nodeWithServices } from "../state/catalog/queries.ts";
import { healthChecks, healthNode, healthState } from "../state/checks/queries.ts";
import { configEntryGet, configEntryList } from "../state/config-entries/queries.ts";
import { resolveServiceConfig } from "../state/config-entries/resolve.ts";
import { coordinateList, coordinateNode, coordinatesByNode } from "../state/coordinates/queries.ts";
import { restoredClusterId } from "../state/discovery-chain/cluster-id.ts";
import { discoveryChain } from "../state/discovery-chain/queries.ts";
import { federationStateGet, federationStateList } from "../state/federation-states/queries.ts";
import { gatewayServiceList } from "../state/gateway-services/queries.ts";
import { uiExportedServices } from "../state/internal-ui/exported.ts";
import { uiNode, uiNodes } from "../state/internal-ui/nodes.ts";
import { catalogOverview } from "../state/internal-ui/overview.ts";
import { uiGatewayServices, uiServices } from "../state/internal-ui/services.ts";
import { serviceTopology } from "../state/internal-ui/topology.ts";
import { kvGet, kvKeys, kvList } from "../state/kv/queries.ts";
import { nodeList } from "../state/nodes/queries.ts";
import { queryGet, queryList } from "../state/queries/queries.ts";
import { connectNodes, serviceList, serviceNodes } from "../state/services/queries.ts";
import { sessionGet, sessionList, sessionsOfNode } from "../state/sessions/queries.ts";
import type { Calling } from "./calling.ts";
import type { Core } from "./core.ts";
import { datacenterCoordinates, datacenterNames } from "./datacenters.ts";
import { newerApi } from "./newer-api.ts";
import type { LocalApi } from "./role.ts";
import { leaderAddress } from "./self.ts";
import { streamTopics } from "./stream-topics.ts";
import { trustDomainOf } from "./trust-domain.ts";

export interface ApiParts {
  core: Core;
  /** What every node has. */
  local: LocalApi;
  queries: QueryExecutor;
  config: () => Config;
  calling: Pick<Calling, "ask">;
}

const AGENT_WORD = "_agent";
const dnsDomains = ({ domain, altDomain }: Config) => [domain, altDomain].filter((name) => name !== "");

/** What the routes need, from the parts of a server. */
export function createApi(parts: ApiParts): Api {
  const { core, local, queries, config } = parts;
  const { db, raft, publisher, forwarder, stateIndex } = core;
  const { datacenter, nodeName } = config();
  const topics = streamTopics(db, core.recent, stateIndex);
  return {
    ...local,
    ...newerApi(parts),
    snapshot: {
      // The route has asked for the freshness that its caller wants.
      save: (withoutNewer) => raft.saveSnapshot({ isStale: true, withoutNewer }),
      restore: (body, skipUnknown) => restoreThroughLeader(body, { skipUnknown }, { ...core, uuid: random.uuid }),
      index: stateIndex,
    },
    kv: {
      get: (key) => kvGet(db, key),
      list: (prefix) => kvList(db, prefix),
      keys: (prefix, separator) => kvKeys(db, prefix, separator),
      put: (put) => forwarder.run("kv.put", put),
      delete: (key, cas) => forwarder.run("kv.delete", { key, cas }),
      deleteTree: (prefix) => forwarder.run("kv.deleteTree", { prefix }),
    },
    session: {
      create: (request) => forwarder.run("session.create", request),
      destroy: (id) => forwarder.run("session.destroy", { id }),
      renew: (id) => forwarder.run("session.renew", { id }),
      get: (id) => sessionGet(db, id),
      list: () => sessionList(db),
      ofNode: (node) => sessionsOfNode(db, node),
      defaultNode: () => nodeName,
    },
    query: {
      create: (query) => forwarder.run("query.apply", { op: "create", query }),
      update: (query) => forwarder.run("query.apply", { op: "update", query }),
      delete: (id) => forwarder.run("query.apply", { op: "delete", id }),
      get: (id) => queryGet(db, id),
      list: () => queryList(db),
      resolve: (idOrName) => queries.resolve(idOrName),
      execute: (run) => queries.execute(run),
      agentNode: () => nodeName,
    },
    txn: {
      apply: (ops, readOnly) => (readOnly ? core.server.txn.apply(ops, true) : forwarder.run("txn.apply", { ops })),
    },
    catalog: {
      register: (registration) => forwarder.run("catalog.register", registration),
      deregister: (request) => forwarder.run("catalog.deregister", { ...request, OnPurpose: true }),
      datacenters: () => datacenterNames(core.pools.wan, datacenter),
      nodes: (nodeMeta) => nodeList(db, nodeMeta),
      services: (nodeMeta, keep) => serviceList(db, nodeMeta, keep),
      serviceNodes: (name, filter) => serviceNodes(db, name, filter),
      connectNodes: (name, filter) => connectNodes(db, name, filter),
      node: (nameOrId) => nodeWithServices(db, nameOrId),
      gatewayServices: (gateway) => gatewayServiceList(db, gateway),
    },
    configEntry: {
      set: (entry, cas) => forwarder.run("config-entry.apply", { op: "set", entry, cas }),
      delete: (kind, name, cas) => forwarder.run("config-entry.apply", { op: "delete", kind, name, cas }),
      get: (kind, name) => configEntryGet(db, kind, name),
      list: (kind) => configEntryList(db, kind),
    },
    discoveryChain: {
      get(service, asked, overrides) {
        if (!config().connect.enabled) throw new Refusal("Connect must be enabled in order to use this endpoint");
        const own = core.members()[0]?.clusterId ?? "";
        const trustDomain = trustDomainOf(config(), { restored: restoredClusterId(db), own });
        const places = { datacenter: asked || datacenter, callerDatacenter: datacenter };
        return discoveryChain(db, { service, ...places, trustDomain, overrides });
      },
    },
    health: {
      node: (name) => healthNode(db, name),
      checks: (service, nodeMeta) => healthChecks(db, service, nodeMeta),
      state: (state, nodeMeta) => healthState(db, state, nodeMeta),
      service: (name, filter) => healthService(db, name, filter),
      connect: (name, filter) => healthConnect(db, name, filter),
      ingress: (name, filter) => healthIngress(db, name, filter),
    },
    federationState: {
      list: () => federationStateList(db),
      get: (name) => federationStateGet(db, name),
    },
    internalUi: {
      nodes: () => uiNodes(db),
      node: (name) => uiNode(db, name),
      services: (keep) => uiServices(db, keep),
      overview: () => catalogOverview(db),
      exportedServices: (peer) => uiExportedServices(db, peer),
      topology: (service, isIngress) => serviceTopology(db, service, isIngress, datacenter),
      gatewayServices: (gateway) => uiGatewayServices(db, gateway, { datacenter, domains: dnsDomains(config()) }),
    },
    coordinate: {
      datacenters: () => datacenterCoordinates(core.pools.wan, datacenter),
      nodes: () => coordinateList(db),
      node: (name) => coordinateNode(db, name),
      update: (update) => forwarder.run("coordinate.update", update),
    },
    near: {
      sort(items, node, nodeOf) {
        const known = coordinatesByNode(db);
        const from = known.get((node === AGENT_WORD ? nodeName : node).toLowerCase());
        return from === undefined
          ? items
          : sortByDistance(items, from, (item) => known.get(nodeOf(item).toLowerCase()));
      },
    },
    centralConfig: {
      resolve: (request) => resolveServiceConfig(db, request),
      entries: () => configEntryList(db),
    },
    operator: core.operator,
    status: {
      leader: () => leaderAddress(raft),
      peers: () =>
        raft
          .configuration()
          .configuration.servers.filter(({ voter }) => voter)
          .map(({ address }) => address),
    },
    stream: {
      clock: systemClock,
      topic: topics,
      subscribe: (interest, onChange) => publisher.subscribe(interest, onChange),
      appliedIndex: stateIndex,
      isClosed: () => publisher.isClosed,
    },
  };
}
