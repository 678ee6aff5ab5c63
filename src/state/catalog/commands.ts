import { Refusal } from "../../lib/refusal.ts";
import type { Change } from "../change.ts";
import { type CheckInput, deleteCheck, ensureCheck } from "../checks/commands.ts";
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
}

/** Without `serviceId` and `checkId` the whole node; a service comes before a check when both are given. */
export interface DeregisterCommand {
  type: "catalog.deregister";
  node: string;
  serviceId?: string;
  checkId?: string;
}

export type CatalogCommand = RegisterCommand | DeregisterCommand;

/** Registers or deregisters. Throws a Refusal in Consul's words and then changes nothing. */
export function applyCatalog(change: Change, command: CatalogCommand): true {
  if (command.type === "catalog.register") change.atomically(() => register(change, command));
  else deregister(change, command);
  return true;
}

function register(change: Change, { node, skipNodeUpdate, service, checks }: RegisterCommand): void {
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

function deregister(change: Change, { node, serviceId = "", checkId = "" }: DeregisterCommand): void {
  if (serviceId !== "") deleteService(change, node, serviceId);
  else if (checkId !== "") deleteCheck(change, node, checkId);
  else deleteNode(change, node);
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
