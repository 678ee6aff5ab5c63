import { Refusal } from "../../lib/refusal.ts";
import type { Node } from "../../model/node.ts";
import { decodeCheck, decodeNode, decodeService } from "../../model/registration.ts";
import type { NodeService } from "../../model/service.ts";
import type { TxnCheck, TxnCheckOp, TxnNodeOp, TxnServiceOp } from "../../model/txn.ts";
import type { Change } from "../change.ts";
import { deleteCheck, ensureCheck } from "../checks/commands.ts";
import { checkGet } from "../checks/queries.ts";
import { type ItemName, leaveMessages, settleMessages } from "../deregistrations/commands.ts";
import { deleteNode, ensureNode } from "../nodes/commands.ts";
import { nodeById, nodeByName } from "../nodes/queries.ts";
import { deleteService, ensureService } from "../services/commands.ts";
import { serviceGet } from "../services/queries.ts";

/** What the verbs do for one noun; texts and rules are the same for all three (Consul 1.8.7). */
interface Verbs<T extends { ModifyIndex: number }> {
  noun: "Node" | "Service" | "Check";
  /** `node "n1"`, as the error texts name the object. */
  name: string;
  /** The object's ModifyIndex as the request states it: what cas compares. */
  index: number;
  get: () => T | undefined;
  set: () => void;
  remove: () => void;
}

/** Runs one operation on a node: at most one result, none for deletes. Throws a Refusal with Consul's text. */
export function txnNode(change: Change, { Verb, Node: stated }: TxnNodeOp, atMs: number | undefined): Node[] {
  const node = decodeNode(stated);
  return run(Verb, {
    noun: "Node",
    name: `node ${JSON.stringify(node.Node)}`,
    index: node.ModifyIndex,
    get: () => (node.ID === "" ? nodeByName(change.db, node.Node) : nodeById(change.db, node.ID)),
    set: () => ensureNode(change, node),
    remove() {
      removesOnPurpose(change, node.Node, undefined, atMs);
      deleteNode(change, node.Node);
    },
  });
}

/** `txnNode` for an instance. */
export function txnService(
  change: Change,
  { Verb, Node: node, Service: stated }: TxnServiceOp,
  atMs: number | undefined,
): NodeService[] {
  const service = decodeService(stated);
  return run(Verb, {
    noun: "Service",
    name: `service ${JSON.stringify(service.ID)} on node ${JSON.stringify(node)}`,
    index: service.ModifyIndex,
    get: () => serviceGet(change.db, node, service.ID),
    set() {
      settleMessages(change, { node: { ID: "", Node: node }, service, checks: [] });
      ensureService(change, node, service);
    },
    remove() {
      removesOnPurpose(change, node, { kind: "service", id: service.ID }, atMs);
      deleteService(change, node, service.ID);
    },
  });
}

/** `txnNode` for a check. */
export function txnCheck(change: Change, { Verb, Check: stated }: TxnCheckOp, atMs: number | undefined): TxnCheck[] {
  const check = decodeCheck(stated);
  const found = run(Verb, {
    noun: "Check",
    name: `check ${JSON.stringify(check.CheckID)} on node ${JSON.stringify(check.Node)}`,
    index: check.ModifyIndex,
    get: () => checkGet(change.db, check.Node, check.CheckID),
    set() {
      settleMessages(change, { node: { ID: "", Node: check.Node }, checks: [check] });
      ensureCheck(change, check);
    },
    remove() {
      removesOnPurpose(change, check.Node, { kind: "check", id: check.CheckID }, atMs);
      deleteCheck(change, check.Node, check.CheckID);
    },
  });
  return found.map((each) => (each.ServiceTags.length === 0 ? { ...each, ServiceTags: null } : each));
}

/** Whoever removes in a transaction means it. Entries of older versions don't say when. */
function removesOnPurpose(change: Change, node: string, item: ItemName | undefined, atMs: number | undefined): void {
  if (atMs !== undefined) leaveMessages(change, node, item, atMs);
}

function run<T extends { ModifyIndex: number }>(verb: string, verbs: Verbs<T>): T[] {
  switch (verb) {
    case "get": {
      const found = verbs.get();
      if (found === undefined) throw new Refusal(`${verbs.name} doesn't exist`);
      return [found];
    }
    case "set":
      return set(verbs);
    case "cas":
      // Index 0 creates only.
      if ((verbs.get()?.ModifyIndex ?? 0) !== verbs.index) {
        throw new Refusal(`failed to set ${verbs.name}, index is stale`);
      }
      return set(verbs);
    case "delete":
      verbs.remove();
      return [];
    case "delete-cas":
      if (verbs.get()?.ModifyIndex !== verbs.index) {
        throw new Refusal(`failed to delete ${verbs.name}, index is stale`);
      }
      verbs.remove();
      return [];
    default:
      throw new Refusal(`unknown ${verbs.noun} verb ${JSON.stringify(verb)}`);
  }
}

function set<T extends { ModifyIndex: number }>(verbs: Verbs<T>): T[] {
  verbs.set();
  const stored = verbs.get();
  return stored === undefined ? [] : [stored];
}
