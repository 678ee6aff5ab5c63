import { NS_PER_S } from "../../lib/duration.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { ServiceResolver } from "../../model/config-entry/routing.ts";
import type { ChainRequest } from "./compile.ts";
import type { ChainEntries } from "./entries.ts";
import { keyOf, type Resolver } from "./graph.ts";
import { ALL_INSTANCES, type Target, type Targets } from "./targets.ts";

const CONNECT_TIMEOUT_DEFAULT_NS = 5 * NS_PER_S;
/** Failover of all subsets that have none of their own. */
const ANY_SUBSET = "*";

interface Deps {
  readonly request: ChainRequest;
  readonly entries: ChainEntries;
  readonly targets: Targets;
  /** Gives the node's key. */
  readonly addNode: (node: Resolver) => string;
  /** Told of each service that the chain leads to. */
  readonly meet: (service: string) => void;
}

/** The nodes at the ends of a chain: follows redirects and default subsets, and finds what stands in for a target. */
export class Resolvers {
  readonly #deps: Deps;
  readonly #nodes = new Map<string, Resolver>();
  /** By targets' ids where they lead in the end: many ways may go through one. */
  readonly #ends = new Map<string, Target>();
  /** What overrides have changed. */
  hasOtherTimeout = false;
  hasOtherGateway = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Key of the node that `target` resolves to. */
  resolve(target: Target): string {
    const { target: found, entry } = this.#follow(target);
    const known = this.#nodes.get(found.id);
    if (known !== undefined) return keyOf(known);
    const node = this.#node(found, entry);
    this.#nodes.set(found.id, node);
    node.failover.push(...this.#failover(found, entry));
    return this.#deps.addNode(node);
  }

  /** Where redirects and default subsets lead. */
  #follow(from: Target): { target: Target; entry: ServiceResolver | undefined } {
    const { entries, targets, meet } = this.#deps;
    const path = new Set<string>();
    let target = from;
    for (let next: Target | undefined = from; next !== undefined; next = redirected(target, entries, targets)) {
      target = next;
      const end = this.#ends.get(target.id);
      if (end !== undefined) {
        target = end;
        break;
      }
      meet(target.service);
      if (path.has(target.id)) {
        throw new Refusal(`detected circular resolver redirect: [${[...path, target.id].join(" -> ")}]`);
      }
      path.add(target.id);
    }
    for (const id of path) this.#ends.set(id, target);
    return { target, entry: entries.resolver(target.service) };
  }

  #node(target: Target, entry: ServiceResolver | undefined): Resolver {
    const { subset, service } = target;
    const instances = subset === "" ? ALL_INSTANCES : subsetOf(entry, subset);
    if (instances === undefined) throw new Refusal(`service "${service}" does not have a subset named "${subset}"`);
    target.instances = instances;
    const sni = this.#deps.entries.defaults(service)?.ExternalSNI;
    if (sni) {
      refuseMeshOnly(service, entry);
      target.externalSni = sni;
    }
    target.meshGatewayMode = this.#gatewayMode(target);
    target.isUsed = true;
    return {
      ...{ type: "resolver", name: target.id, target: target.id, failover: [] },
      ...{ isDefault: isDefault(entry), connectTimeoutNs: this.#connectTimeoutNs(entry) },
    };
  }

  #connectTimeoutNs(entry: ServiceResolver | undefined): number {
    const said = entry?.ConnectTimeout ?? 0;
    const ns = said < 1 ? CONNECT_TIMEOUT_DEFAULT_NS : said;
    const wanted = this.#deps.request.overrides.connectTimeoutNs;
    if (wanted <= 0 || wanted === ns) return ns;
    this.hasOtherTimeout = true;
    return wanted;
  }

  /** Gateways stand between the caller and other datacenters. */
  #gatewayMode(target: Target): string {
    const { request, entries } = this.#deps;
    if (target.datacenter === request.callerDatacenter || target.externalSni !== "") return "";
    const said = entries.defaults(target.service)?.MeshGateway.Mode || entries.proxyDefaults?.MeshGateway.Mode || "";
    const wanted = request.overrides.meshGatewayMode;
    if (wanted === "" || wanted === said) return said;
    this.hasOtherGateway = true;
    return wanted;
  }

  /** Ids of the targets that stand in for `target`, in their order. They have no failover of their own here. */
  #failover(target: Target, entry: ServiceResolver | undefined): string[] {
    const all = entry?.Failover ?? {};
    const failover = ownValue(all, target.subset) ?? ownValue(all, ANY_SUBSET);
    if (failover === undefined) return [];
    const { Service, ServiceSubset, Namespace, Datacenters } = failover;
    const place = { service: Service, subset: ServiceSubset, namespace: Namespace };
    const datacenters = Datacenters?.length ? Datacenters : [""];
    return datacenters
      .map((datacenter) => this.#deps.targets.instead(target, { ...place, datacenter }))
      .filter(({ id }) => id !== target.id)
      .map((other) => {
        const found = this.#follow(other);
        if (!this.#nodes.has(found.target.id)) this.#node(found.target, found.entry);
        return found.target.id;
      });
  }
}

/** Undefined where `target` is meant itself. */
function redirected(target: Target, entries: ChainEntries, targets: Targets): Target | undefined {
  const entry = entries.resolver(target.service);
  if (entry === undefined) return undefined;
  const { Redirect, DefaultSubset } = entry;
  if (Redirect !== null) {
    const { Service: service, ServiceSubset: subset, Namespace: namespace, Datacenter: datacenter } = Redirect;
    const other = targets.instead(target, { service, subset, namespace, datacenter });
    if (other.id !== target.id) return other;
  }
  return target.subset === "" && DefaultSubset !== "" ? targets.instead(target, { subset: DefaultSubset }) : undefined;
}

function subsetOf(entry: ServiceResolver | undefined, name: string) {
  return ownValue(entry?.Subsets ?? {}, name);
}

function ownValue<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function isDefault(entry: ServiceResolver | undefined): boolean {
  if (entry === undefined) return true;
  const { DefaultSubset, Subsets, Redirect, Failover, ConnectTimeout } = entry;
  return DefaultSubset === "" && isEmpty(Subsets) && Redirect === null && isEmpty(Failover) && ConnectTimeout === 0;
}

const isEmpty = (map: Readonly<Record<string, unknown>> | null): boolean => Object.keys(map ?? {}).length === 0;

/** What is outside of the mesh is at one place. */
function refuseMeshOnly(service: string, entry: ServiceResolver | undefined): void {
  const what = [
    [entry?.Redirect !== null && entry !== undefined, "redirects"],
    [!isEmpty(entry?.Subsets ?? null), "subsets"],
    [!isEmpty(entry?.Failover ?? null), "failover"],
  ].find(([isSaid]) => isSaid)?.[1];
  if (what === undefined) return;
  throw new Refusal(`service "${service}" has an external SNI set; cannot define ${what} for external services`);
}
