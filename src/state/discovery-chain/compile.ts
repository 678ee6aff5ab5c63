import { Refusal } from "../../lib/refusal.ts";
import { ServiceRoute, type ServiceRouter, type ServiceSplit } from "../../model/config-entry/routing.ts";
import { type ChainOverrides, type CompiledDiscoveryChain, NO_OVERRIDES } from "../../model/discovery-chain.ts";
import { customizationHash } from "./customization.ts";
import { ChainEntries, type EntryReader } from "./entries.ts";
import { flattenSplitters, keyOf, type Node, orderOf, type Router, reachable, type Splitter } from "./graph.ts";
import { type ChainParts, printChain } from "./print.ts";
import { Resolvers } from "./resolvers.ts";
import { Targets } from "./targets.ts";

export interface ChainRequest {
  readonly service: string;
  /** Whose instances are meant where entries name no datacenter. */
  readonly datacenter: string;
  /** Where the caller is: between datacenters it may go by mesh gateways. */
  readonly callerDatacenter: string;
  /** `<cluster id>.consul`: the last part of the names in certificates. */
  readonly trustDomain: string;
  readonly overrides: ChainOverrides;
}

export const NAMESPACE = "default";

/** The protocols whose single requests can be routed and split. */
const isRoutable = (protocol: string): boolean => ROUTABLE.has(protocol);
const ROUTABLE: ReadonlySet<string> = new Set(["http", "http2", "grpc"]);

/**
 * Compiles what config entries say about a service into the graph of its discovery chain. The service need not exist. Refuses entries
 * that don't fit together, in Consul's words.
 */
export function compileChain(request: ChainRequest, read: EntryReader): CompiledDiscoveryChain {
  return printChain(new Compiler(request, new ChainEntries(request.service, read)).compile());
}

/** What gateways ask of a chain. */
export interface ChainSummary {
  readonly protocol: string;
  /** Requests are neither routed nor split. */
  readonly isResolved: boolean;
  /** How many it leads to. */
  readonly services: number;
}

/** Compiles as `compileChain` does, for who only asks whether it can be done. */
export function tryChain(request: ChainRequest, read: EntryReader): ChainSummary {
  const entries = new ChainEntries(request.service, read);
  const { protocol, nodes, start } = new Compiler(request, entries).compile();
  const isResolved = nodes.find((node) => keyOf(node) === start)?.type === "resolver";
  return { protocol, isResolved, services: entries.services };
}

class Compiler {
  readonly #request: ChainRequest;
  readonly #entries: ChainEntries;
  readonly #nodes = new Map<string, Node>();
  readonly #targets = new Targets();
  readonly #resolvers: Resolvers;
  #protocol = "";
  /** Requests are routed or split. */
  #isAdvanced = false;
  /** Its protocol, by what the caller says, permits neither. */
  readonly #isPlain: boolean;
  #leftOutAdvanced = false;

  constructor(request: ChainRequest, entries: ChainEntries) {
    const { protocol } = request.overrides;
    this.#request = request;
    this.#entries = entries;
    this.#isPlain = protocol !== "" && !isRoutable(protocol);
    this.#resolvers = new Resolvers({
      ...{ request, entries, targets: this.#targets },
      addNode: (node) => this.#add(node),
      meet: (service) => this.#meet(service),
    });
  }

  compile(): ChainParts {
    const { service, datacenter, trustDomain } = this.#request;
    const start = this.#start();
    const order = orderOf(this.#nodes, start);
    flattenSplitters(this.#nodes, order, service);
    if (this.#isAdvanced && !isRoutable(this.#protocol)) {
      throw new Refusal(
        `discovery chain "${service}" uses a protocol "${this.#protocol}" that does not permit advanced routing or splitting behavior`,
      );
    }
    const customized = this.#customized();
    return {
      ...{ service, datacenter, namespace: NAMESPACE, trustDomain, start, customizationHash: customized },
      protocol: this.#request.overrides.protocol || this.#protocol,
      nodes: reachable(this.#nodes, start).flatMap((key) => this.#nodes.get(key) ?? []),
      targets: this.#targets.used(),
    };
  }

  /** "" when the overrides change nothing. */
  #customized(): string {
    const { overrides } = this.#request;
    const { hasOtherTimeout, hasOtherGateway } = this.#resolvers;
    const hasOtherProtocol =
      this.#leftOutAdvanced || (overrides.protocol !== "" && overrides.protocol !== this.#protocol);
    if (!hasOtherTimeout && !hasOtherGateway && !hasOtherProtocol) return "";
    return customizationHash({
      connectTimeoutNs: hasOtherTimeout ? overrides.connectTimeoutNs : NO_OVERRIDES.connectTimeoutNs,
      protocol: hasOtherProtocol ? overrides.protocol : NO_OVERRIDES.protocol,
      meshGatewayMode: hasOtherGateway ? overrides.meshGatewayMode : NO_OVERRIDES.meshGatewayMode,
    });
  }

  /** Adds all nodes; gives the key of the first. Only the asked service's own router counts. */
  #start(): string {
    const { service } = this.#request;
    const router = this.#entries.router(service);
    if (router === undefined) return this.#splitterOrResolver(service, NAMESPACE);
    if (this.#isPlain) {
      this.#leftOutAdvanced = true;
      return this.#splitterOrResolver(service, NAMESPACE);
    }
    return this.#router(router);
  }

  #router({ Routes }: ServiceRouter): string {
    const { service } = this.#request;
    this.#isAdvanced = true;
    this.#meet(service);
    const node: Router = { type: "router", name: `${service}.${NAMESPACE}`, routes: [] };
    for (const route of [...(Routes ?? []), allElse(service)]) {
      const to = route.Destination;
      const name = to?.Service || service;
      const namespace = to?.Namespace || NAMESPACE;
      const next = to?.ServiceSubset
        ? this.#resolver(name, to.ServiceSubset, namespace)
        : this.#splitterOrResolver(name, namespace);
      node.routes.push({ definition: route, next });
    }
    return this.#add(node);
  }

  #splitterOrResolver(service: string, namespace: string): string {
    return this.#splitter(service) ?? this.#resolver(service, "", namespace);
  }

  #resolver(service: string, subset: string, namespace: string): string {
    const { datacenter } = this.#request;
    return this.#resolvers.resolve(this.#targets.at({ service, subset, namespace, datacenter }));
  }

  /** Undefined where requests are not split. */
  #splitter(service: string): string | undefined {
    const node: Splitter = { type: "splitter", name: `${service}.${NAMESPACE}`, splits: [] };
    // What leads back to itself finds the node that is begun.
    if (this.#nodes.has(keyOf(node))) return keyOf(node);
    const splitter = this.#entries.splitter(service);
    if (splitter === undefined) return undefined;
    if (this.#isPlain) {
      this.#leftOutAdvanced = true;
      return undefined;
    }
    this.#isAdvanced = true;
    this.#add(node);
    for (const split of splitter.Splits ?? []) {
      node.splits.push({ weight: split.Weight, next: this.#splitTo(service, split) });
    }
    return keyOf(node);
  }

  /** Consul leaves a split's namespace out of account where there are none. */
  #splitTo(service: string, { Service, ServiceSubset }: ServiceSplit): string {
    const name = Service || service;
    const further = name === service || ServiceSubset !== "" ? undefined : this.#splitter(name);
    return further ?? this.#resolver(name, ServiceSubset, NAMESPACE);
  }

  #add(node: Node): string {
    const key = keyOf(node);
    this.#nodes.set(key, node);
    return key;
  }

  /** Those that route and answer requests speak one protocol. What a splitter's own service speaks is not looked at (observed). */
  #meet(service: string): void {
    const protocol = this.#entries.protocol(service);
    this.#protocol ||= protocol;
    if (protocol === this.#protocol) return;
    throw new Refusal(
      `discovery chain "${this.#request.service}" uses inconsistent protocols; service "${service}" has "${protocol}" which is not "${this.#protocol}"`,
    );
  }
}

/** The last route of each router. */
function allElse(service: string): ServiceRoute {
  const { Match, Destination } = ALL_ELSE;
  return { Match, Destination: Destination && { ...Destination, Service: service } };
}
const ALL_ELSE = ServiceRoute.parse({
  Match: { HTTP: { PathPrefix: "/" } },
  Destination: { Namespace: NAMESPACE },
});
