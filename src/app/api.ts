import type { Agent } from "../agent/agent.ts";
import type { UserEvents } from "../agent/user-events.ts";
import type { Config } from "../config/config.ts";
import { openApiDocument } from "../http/openapi.ts";
import { type Api, routes } from "../http/table.ts";
import { VERSION } from "../lib/version.ts";
import { systemClock } from "../platform/clock.ts";
import { joinHostPort } from "../platform/go-net-error.ts";
import { healthConnect, healthService, nodeWithServices } from "../state/catalog/queries.ts";
import { healthChecks, healthNode, healthState } from "../state/checks/queries.ts";
import { ORIGIN, sortByDistance } from "../state/coordinates/distance.ts";
import { coordinateList, coordinateNode, coordinatesByNode } from "../state/coordinates/queries.ts";
import { kvGet, kvKeys, kvList } from "../state/kv/queries.ts";
import { nodeList } from "../state/nodes/queries.ts";
import { connectNodes, serviceList, serviceNodes } from "../state/services/queries.ts";
import { sessionGet, sessionList, sessionsOfNode } from "../state/sessions/queries.ts";
import type { Core } from "./core.ts";
import { measureGauges } from "./gauges.ts";
import type { NodeHost } from "./host.ts";
import { nodeApi, telemetryApi } from "./node-api.ts";
import { streamTopics } from "./stream-topics.ts";
import type { Telemetry } from "./telemetry.ts";

export interface ApiParts {
  core: Core;
  agent: Agent;
  events: UserEvents;
  telemetry: Telemetry;
  host: NodeHost;
  config: () => Config;
}

const AGENT_WORD = "_agent";

/** The only server, where everything is measured from: what gossip starts with before it has measured anything. */
const originOf = (Node: string) => ({ Node, Segment: "", Coord: ORIGIN });

/** What the routes need, from the parts of a server. */
export function createApi(parts: ApiParts): Api {
  const { core, agent, events, config } = parts;
  const { db, server, raft, publisher } = core;
  const { datacenter, nodeName, advertiseAddr, ports } = config();
  const rpcAddress = joinHostPort(advertiseAddr, ports.server);
  const topics = streamTopics(db, core.recent, () => raft.status().appliedIndex);
  let openApi: Record<string, unknown> | undefined;
  return {
    agent,
    node: nodeApi(parts, rpcAddress),
    telemetry: telemetryApi(parts.telemetry, () => measureGauges(core, parts.telemetry.meter)),
    snapshot: {
      save: () => raft.saveSnapshot(),
      restore: (archive) => raft.restoreSnapshot(archive),
      index: () => raft.status().appliedIndex,
    },
    kv: {
      get: (key) => kvGet(db, key),
      list: (prefix) => kvList(db, prefix),
      keys: (prefix, separator) => kvKeys(db, prefix, separator),
      put: (put) => server.kv.put(put),
      delete: (key, cas) => server.kv.delete(key, cas),
      deleteTree: (prefix) => server.kv.deleteTree(prefix),
      valueBytesMax: () => config().limits.kvMaxValueSize,
    },
    session: {
      create: (request) => server.session.create(request),
      destroy: (id) => server.session.destroy(id),
      renew: (id) => server.session.renew(id),
      get: (id) => sessionGet(db, id),
      list: () => sessionList(db),
      ofNode: (node) => sessionsOfNode(db, node),
      defaultNode: () => nodeName,
    },
    txn: {
      apply: (ops, readOnly) => server.txn.apply(ops, readOnly),
      bodyBytesMax: () => config().limits.txnMaxReqLen,
      valueBytesMax: () => config().limits.kvMaxValueSize,
    },
    catalog: {
      register: (registration) => server.catalog.register(registration),
      deregister: (request) => server.catalog.deregister(request),
      datacenters: () => [datacenter],
      nodes: (nodeMeta) => nodeList(db, nodeMeta),
      services: (nodeMeta) => serviceList(db, nodeMeta),
      serviceNodes: (name, filter) => serviceNodes(db, name, filter),
      connectNodes: (name, filter) => connectNodes(db, name, filter),
      node: (nameOrId) => nodeWithServices(db, nameOrId),
    },
    health: {
      node: (name) => healthNode(db, name),
      checks: (service, nodeMeta) => healthChecks(db, service, nodeMeta),
      state: (state, nodeMeta) => healthState(db, state, nodeMeta),
      service: (name, filter) => healthService(db, name, filter),
      connect: (name, filter) => healthConnect(db, name, filter),
    },
    coordinate: {
      datacenters: () => [{ Datacenter: datacenter, AreaID: "wan", Coordinates: [originOf(nodeName)] }],
      nodes: () => coordinateList(db),
      node: (name) => coordinateNode(db, name),
      update: (update) => server.coordinate.update(update),
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
    event: { fire: (event) => events.fire(event), list: (name) => events.list(name) },
    status: {
      leader: () => (raft.status().state === "Leader" ? rpcAddress : ""),
      peers: () => [rpcAddress],
    },
    stream: {
      clock: systemClock,
      topic: topics,
      subscribe: (interest, onChange) => publisher.subscribe(interest, onChange),
      appliedIndex: () => raft.status().appliedIndex,
      isClosed: () => publisher.isClosed,
    },
    openApi() {
      openApi ??= openApiDocument(routes, VERSION);
      return openApi;
    },
  };
}
