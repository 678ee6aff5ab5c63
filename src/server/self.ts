import { splitHostPort } from "../lib/host-port.ts";
import { COMPATIBLE_CONSUL_VERSION } from "../lib/version.ts";
import { proxyShape } from "../model/proxy-shape.ts";
import type { RegisterCommand } from "../state/catalog/commands.ts";
import { checkStatus } from "../state/checks/queries.ts";
import type { StateDb } from "../state/db.ts";
import type { NodeInput } from "../state/nodes/commands.ts";
import { nodeByName } from "../state/nodes/queries.ts";
import { serviceGet, serviceNodes } from "../state/services/queries.ts";
import type { Member } from "./members.ts";

export const SERF_HEALTH_ID = "serfHealth";
export const CONSUL_SERVICE_ID = "consul";

const portOf = ({ address }: Member) => splitHostPort(address)?.port ?? 0;
const nonVoterOf = ({ mayVote }: Member) => String(!mayVote);

/**
 * What the leader writes of a living server: its node, the service `consul` and the check of its membership. The node's
 * own data is the agent's to write; here it only comes into being.
 */
export function serverRegistration(member: Member): RegisterCommand {
  return {
    ...membershipOf(nodeOf(member), true, true),
    service: {
      ID: CONSUL_SERVICE_ID,
      Service: CONSUL_SERVICE_ID,
      Tags: null,
      Address: "",
      Meta: {
        non_voter: nonVoterOf(member),
        raft_version: "3",
        serf_protocol_current: "2",
        serf_protocol_max: "5",
        serf_protocol_min: "1",
        version: COMPATIBLE_CONSUL_VERSION,
      },
      Port: portOf(member),
      Weights: { Passing: 1, Warning: 1 },
      EnableTagOverride: false,
      Proxy: proxyShape(null),
      Connect: {},
    },
  };
}

/** What the leader writes of a server that it does not hear any more, and that the catalog knows. */
export function failedRegistration(member: Member): RegisterCommand {
  return membershipOf(nodeOf(member), false, true);
}

function nodeOf({ nodeId, name, address, datacenter, taggedAddresses, nodeMeta }: Member): NodeInput {
  return {
    ID: nodeId,
    Node: name,
    Address: splitHostPort(address)?.host ?? address,
    Datacenter: datacenter,
    TaggedAddresses: { ...taggedAddresses },
    Meta: { ...nodeMeta },
  };
}

/** The node of an agent with the check of its membership, server or not. */
export function membershipOf(node: NodeInput, isAlive: boolean, skipNodeUpdate: boolean): RegisterCommand {
  return {
    type: "catalog.register",
    node,
    skipNodeUpdate,
    checks: [
      {
        Node: node.Node,
        CheckID: SERF_HEALTH_ID,
        Name: "Serf Health Status",
        Status: isAlive ? "passing" : "critical",
        Notes: "",
        Output: isAlive ? "Agent alive and reachable" : "Agent not live or unreachable",
        ServiceID: "",
        ServiceName: "",
        ServiceTags: [],
        Type: "",
        Definition: {},
      },
    ],
  };
}

/** True when the catalog already says that this server is there and well; a restart then writes nothing. */
export function isRegistered(db: StateDb, member: Member): boolean {
  const service = serviceGet(db, member.name, CONSUL_SERVICE_ID);
  return (
    isKnown(db, member) &&
    service?.Port === portOf(member) &&
    service.Meta?.version === COMPATIBLE_CONSUL_VERSION &&
    service.Meta.non_voter === nonVoterOf(member) &&
    checkStatus(db, member.name, SERF_HEALTH_ID) === "passing"
  );
}

/** True when the catalog already says that this server failed, or knows no such server. */
export function isFailed(db: StateDb, member: Member): boolean {
  return !isKnown(db, member) || checkStatus(db, member.name, SERF_HEALTH_ID) === "critical";
}

/** Whether the catalog's node of this name is this server. */
export function isKnown(db: StateDb, { name, nodeId }: Member): boolean {
  return nodeByName(db, name)?.ID === nodeId;
}

/** Nodes that a leader registered as servers; what programs call `consul` by themselves is not among them. */
export function serversInCatalog(db: StateDb): { id: string; name: string }[] {
  return serviceNodes(db, CONSUL_SERVICE_ID)
    .value.filter(({ ID, ServiceID }) => ID !== "" && ServiceID === CONSUL_SERVICE_ID)
    .filter(({ Node }) => checkStatus(db, Node, SERF_HEALTH_ID) !== undefined)
    .map(({ ID, Node }) => ({ id: ID, name: Node }));
}
