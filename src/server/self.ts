import { COMPATIBLE_CONSUL_VERSION } from "../lib/version.ts";
import type { Node } from "../model/node.ts";
import { proxyShape } from "../model/proxy-shape.ts";
import type { RegisterCommand } from "../state/catalog/commands.ts";
import { checkStatus } from "../state/checks/queries.ts";
import type { StateDb } from "../state/db.ts";
import { serviceGet } from "../state/services/queries.ts";

/** Who this server is in the catalog. */
export type ServerIdentity = Omit<Node, "CreateIndex" | "ModifyIndex"> & { rpcPort: number };

export const SERF_HEALTH_ID = "serfHealth";
const CONSUL_SERVICE_ID = "consul";

/**
 * What the leader writes of a living server: its node, the service `consul` and the check of its membership. The node's
 * own data is the agent's to write; here it only comes into being.
 */
export function serverRegistration(identity: ServerIdentity): RegisterCommand {
  const { rpcPort, ...node } = identity;
  return {
    type: "catalog.register",
    node,
    skipNodeUpdate: true,
    service: {
      ID: CONSUL_SERVICE_ID,
      Service: CONSUL_SERVICE_ID,
      Tags: [],
      Address: "",
      Meta: {
        non_voter: "false",
        raft_version: "3",
        serf_protocol_current: "2",
        serf_protocol_max: "5",
        serf_protocol_min: "1",
        version: COMPATIBLE_CONSUL_VERSION,
      },
      Port: rpcPort,
      Weights: { Passing: 1, Warning: 1 },
      EnableTagOverride: false,
      Proxy: proxyShape(null),
      Connect: {},
    },
    checks: [
      {
        Node: node.Node,
        CheckID: SERF_HEALTH_ID,
        Name: "Serf Health Status",
        Status: "passing",
        Notes: "",
        Output: "Agent alive and reachable",
        ServiceID: "",
        ServiceName: "",
        ServiceTags: [],
        Type: "",
        Definition: {},
      },
    ],
  };
}

/** True when the catalog already says all that; a restart then writes nothing. */
export function isRegistered(db: StateDb, identity: ServerIdentity): boolean {
  const service = serviceGet(db, identity.Node, CONSUL_SERVICE_ID);
  return (
    service?.Port === identity.rpcPort &&
    service.Meta?.version === COMPATIBLE_CONSUL_VERSION &&
    checkStatus(db, identity.Node, SERF_HEALTH_ID) === "passing"
  );
}
