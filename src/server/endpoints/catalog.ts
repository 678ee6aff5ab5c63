import { Refusal } from "../../lib/refusal.ts";
import type { HealthCheck } from "../../model/check.ts";
import { serviceMetaProblem } from "../../model/meta-rules.ts";
import type { Node } from "../../model/node.ts";
import {
  type Deregistration,
  decodeCheck,
  decodeNode,
  decodeService,
  type Registration,
} from "../../model/registration.ts";
import type { NodeService } from "../../model/service.ts";
import { instanceProblem, isAnyAddress } from "../../model/service-rules.ts";
import type { TxnOp } from "../../model/txn.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ItemName } from "../../state/deregistrations/commands.ts";
import type { Propose } from "../propose.ts";

/** Writes of the catalog as the leader takes them: what Consul refuses is refused before the log, in its words. */
export class CatalogEndpoint {
  readonly #propose: Propose;
  readonly #clock: Clock;
  readonly #datacenter: string;

  constructor(deps: { propose: Propose; clock: Clock; datacenter: string }) {
    this.#propose = deps.propose;
    this.#clock = deps.clock;
    this.#datacenter = deps.datacenter;
  }

  /** Registers a node, and with it a service and checks: all of it or nothing. */
  async register({ Node, SkipNodeUpdate, Service, Checks, ByOwner }: Registration): Promise<true> {
    const node = this.#own(Node);
    refuseBadNode(node);
    if (node.Address === "" && !SkipNodeUpdate) {
      throw new Refusal("Must provide address if SkipNodeUpdate is not set");
    }
    if (Service !== null) refuseBadService(Service, node.Node, "failed inserting service: ");
    await this.#propose({
      type: "catalog.register",
      node,
      skipNodeUpdate: SkipNodeUpdate,
      ...(Service === null ? {} : { service: Service }),
      checks: Checks,
      ...(ByOwner === undefined ? {} : { byOwner: ByOwner }),
    });
    return true;
  }

  /** Removes a service, else a check, else the whole node. What is not there is no error. */
  async deregister(request: Deregistration): Promise<true> {
    this.#own(request);
    if (request.Node === "") throw new Refusal("Must provide node");
    await this.#propose({
      type: "catalog.deregister",
      node: request.Node,
      serviceId: request.ServiceID,
      checkId: request.CheckID,
      ...(request.OnPurpose ? { onPurpose: { atMs: this.#clock.nowMs() } } : {}),
    });
    return true;
  }

  /** An agent has dropped what was deregistered on purpose. */
  async forgetDeregistered(request: { nodeId: string; items: (ItemName & { index: number })[] }): Promise<void> {
    await this.#propose({ type: "deregistration.forget", ...request });
  }

  /**
   * A transaction's operation on the catalog as the log has it: complete, with the datacenter. Throws the Refusal that
   * Consul answers in the transaction's errors.
   */
  prepareOp(op: TxnOp): TxnOp {
    if ("Node" in op) {
      const node = this.#own(decodeNode(op.Node.Node));
      if (op.Node.Verb !== "get") refuseBadNode(node);
      return { Node: { Verb: op.Node.Verb, Node: node } };
    }
    if ("Service" in op) {
      const service: NodeService = decodeService(op.Service.Service);
      if (op.Service.Verb !== "get") refuseBadService(service, op.Service.Node, "");
      return { Service: { ...op.Service, Service: service } };
    }
    if ("Check" in op) {
      const check: HealthCheck = decodeCheck(op.Check.Check);
      return { Check: { Verb: op.Check.Verb, Check: check } };
    }
    return op;
  }

  /** Fills in the own datacenter; any other is out of reach. */
  #own<T extends Pick<Node, "Datacenter">>(request: T): T {
    const datacenter = request.Datacenter || this.#datacenter;
    if (datacenter.toLowerCase() !== this.#datacenter.toLowerCase()) throw new Refusal("No path to datacenter");
    return { ...request, Datacenter: datacenter };
  }
}

const UUID_LENGTH = 36;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function refuseBadNode(node: Node): void {
  if (node.Node === "") throw new Refusal("Must provide node");
  if (node.ID === "" || UUID.test(node.ID)) return;
  if (node.ID.length !== UUID_LENGTH) throw new Refusal("Bad node ID: uuid string is wrong length");
  throw new Refusal(`Bad node ID: ${badUuid(node.ID)}`);
}

/** Go's words for 36 characters that are no UUID: dashes are looked at before digits. */
function badUuid(id: string): string {
  if ([8, 13, 18, 23].some((at) => id[at] !== "-")) return "uuid is improperly formatted";
  const bad = id.replaceAll("-", "").match(/[^0-9a-f]/i)?.[0];
  if (bad === undefined) return "uuid is improperly formatted";
  const code = (bad.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `encoding/hex: invalid byte: U+${code} '${bad}'`;
}

function refuseBadService(service: NodeService, node: string, prefix: string): void {
  const problem = instanceProblem(service);
  if (problem !== undefined) throw new Refusal(problem);
  if (service.ID !== "" && service.Service === "") throw new Refusal("Must provide service name with ID");
  if (isAnyAddress(service.Address)) throw new Refusal("Invalid service address");
  const badMeta = serviceMetaProblem(service.Meta, service.Kind);
  if (badMeta === undefined) return;
  throw new Refusal(`${prefix}Invalid Service Meta for node ${node} and serviceID ${service.ID}: ${badMeta}`);
}
