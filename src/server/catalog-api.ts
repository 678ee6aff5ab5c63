import { healthConnect, healthService, nodeWithServices } from "../state/catalog/queries.ts";
import { healthChecks, healthNode, healthState } from "../state/checks/queries.ts";
import { coordinateList, coordinateNode } from "../state/coordinates/queries.ts";
import type { StateDb } from "../state/db.ts";
import { nodeList } from "../state/nodes/queries.ts";
import { connectNodes, type InstanceFilter, serviceList, serviceNodes } from "../state/services/queries.ts";
import type { CatalogEndpoint } from "./endpoints/catalog.ts";
import type { CoordinateEndpoint } from "./endpoints/coordinate.ts";
import { Near } from "./near.ts";

type Meta = Readonly<Record<string, string>>;

/** What the routes of catalog, health and coordinates need: reads of this server's state, writes through the leader. */
export function catalogApi(deps: {
  db: StateDb;
  catalog: CatalogEndpoint;
  coordinate: CoordinateEndpoint;
  datacenter: string;
  /** Name of this agent's node. */
  agentNode: () => string;
}) {
  const { db, catalog, coordinate, datacenter, agentNode } = deps;
  return {
    near: new Near({ db, agentNode }),
    catalog: {
      register: catalog.register.bind(catalog),
      deregister: catalog.deregister.bind(catalog),
      datacenters: () => [datacenter],
      nodes: (meta: Meta) => nodeList(db, meta),
      services: (meta: Meta) => serviceList(db, meta),
      serviceNodes: (name: string, filter: InstanceFilter) => serviceNodes(db, name, filter),
      connectNodes: (name: string, filter: InstanceFilter) => connectNodes(db, name, filter),
      node: (nameOrId: string) => nodeWithServices(db, nameOrId),
    },
    health: {
      node: (name: string) => healthNode(db, name),
      checks: (service: string, meta: Meta) => healthChecks(db, service, meta),
      state: (state: string, meta: Meta) => healthState(db, state, meta),
      service: (name: string, filter: InstanceFilter) => healthService(db, name, filter),
      connect: (name: string, filter: InstanceFilter) => healthConnect(db, name, filter),
    },
    coordinate: {
      // Of the servers there is this one, which is where everything is measured from.
      datacenters: () => [{ Datacenter: datacenter, AreaID: "wan", Coordinates: [originOf(agentNode())] }],
      nodes: () => coordinateList(db),
      node: (name: string) => coordinateNode(db, name),
      update: coordinate.update.bind(coordinate),
    },
  };
}

/** What Serf starts with before it has measured anything: no distance, and as sure of it as of nothing. */
function originOf(Node: string) {
  return {
    Node,
    Segment: "",
    Coord: { Vec: new Array(8).fill(0) as number[], Error: 1.5, Adjustment: 0, Height: 1e-5 },
  };
}
