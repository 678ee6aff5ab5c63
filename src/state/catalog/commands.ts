import { Refusal } from "../../lib/refusal.ts";
import type { OwnersClaim } from "../../model/registration.ts";
import type { Change } from "../change.ts";
import { type CheckInput, deleteCheck, ensureCheck } from "../checks/commands.ts";
import { type ItemName, leaveMessages, settleMessages } from "../deregistrations/commands.ts";
import { deleteNode, ensureNode, type NodeInput } from "../nodes/commands.ts";
import { nodeExists } from "../nodes/queries.ts";
import { deleteService, ensureService, type ServiceInput } from "../services/commands.ts";

/** A node, and with it at most one service and any number of checks: all of them or nothing. */
export interface RegisterCommand {
  type: "catalog.register";
  node: NodeInput;
  /** Leaves a node that is already known as it is. */
  skipNodeUpdate: boolean;
  service?: ServiceInput;
  checks: CheckInput[];
  /** Set when the node's own agent says what it has: that must not bring back what was deregistered on purpose. */
  byOwner?: OwnersClaim;
}

/** Without `serviceId` and `checkId` the whole node; a service comes before a check when both are given. */
export interface DeregisterCommand {
  type: "catalog.deregister";
  node: string;
  serviceId?: string;
  checkId?: string;
  /**
   * Set when somebody wants it gone, whatever its agent says, with the time (ms since 1970); not when the agent itself
   * has it no more or the leader sees the node gone.
   */
  onPurpose?: { atMs: number };
}

export type CatalogCommand = RegisterCommand | DeregisterCommand;

/** Registers or deregisters. Throws a Refusal in Consul's words and then changes nothing. */
export function applyCatalog(change: Change, command: CatalogCommand): true {
  if (command.type === "catalog.register") change.atomically(() => register(change, command));
  else deregister(change, command);
  return true;
}

function register(change: Change, { node, skipNodeUpdate, service, checks, byOwner }: RegisterCommand): void {
  settleMessages(change, { node, service, checks }, byOwner);
  if (!skipNodeUpdate || !nodeExists(change.db, node.Node)) {
    explained("failed inserting node: ", "", () => ensureNode(change, node));
  }
  if (service !== undefined) {
    explained("failed inserting service: ", "", () => ensureService(change, node.Node, service));
  }
  for (const check of checks) {
    if (check.Node !== node.Node) {
      throw new Refusal(`check node ${JSON.stringify(check.Node)} does not match node ${JSON.stringify(node.Node)}`);
    }
    const where = ` on node ${JSON.stringify(node.Node)}`;
    explained("failed inserting check: ", where, () => ensureCheck(change, check));
  }
}

function deregister(change: Change, { node, serviceId = "", checkId = "", onPurpose }: DeregisterCommand): void {
  if (onPurpose !== undefined) leaveMessages(change, node, itemOf(serviceId, checkId), onPurpose.atMs);
  if (serviceId !== "") deleteService(change, node, serviceId);
  else if (checkId !== "") deleteCheck(change, node, checkId);
  else deleteNode(change, node);
}

function itemOf(serviceId: string, checkId: string): ItemName | undefined {
  if (serviceId !== "") return { kind: "service", id: serviceId };
  return checkId === "" ? undefined : { kind: "check", id: checkId };
}

/** Runs `write`; what it refuses is told with the step that failed. */
function explained(before: string, after: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(`${before}${error.message}${after}`, error.status);
    throw error;
  }
}
