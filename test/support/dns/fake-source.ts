import { ipText, parseIp } from "../../../src/dns/ip.ts";
import {
  connectTopic,
  type DnsInstance,
  type DnsNode,
  type DnsQueryResult,
  type DnsRemote,
  type DnsSource,
  type DnsState,
  nodeTopic,
  type ServiceFilter,
  serviceTopic,
  TOPIC_CATALOG,
} from "../../../src/dns/source.ts";
import { type Registration, registrationBody } from "./catalog.ts";

type Instance = DnsInstance & { readonly registration: Registration };

/** A registry in memory, built from the same registrations that seed a real Consul. */
export class FakeSource implements DnsSource, DnsState {
  readonly lookups: string[] = [];
  readonly queries = new Map<string, DnsQueryResult>();
  /** Instances of services of other datacenters. */
  readonly others = new Map<string, readonly DnsInstance[]>();
  failure: Error | undefined;
  #nodes = new Map<string, DnsNode>();
  #instances: Instance[] = [];
  readonly #nodeChecks = new Map<string, DnsInstance["Checks"]>();
  readonly #listeners = new Map<string, Set<() => void>>();

  readonly #holdsState: boolean;

  /** Without state it is an agent for which everything is elsewhere. */
  constructor(registrations: readonly Registration[], holdsState = true) {
    this.#holdsState = holdsState;
    for (const registration of registrations) this.register(registration);
  }

  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  register(registration: Registration): void {
    const body = registrationBody(registration);
    const node = {
      Node: body.Node,
      Address: body.Address,
      Datacenter: "dc1",
      TaggedAddresses: body.TaggedAddresses,
      Meta: body.NodeMeta,
    };
    this.#nodes.set(body.Node.toLowerCase(), node);
    if (body.Service === undefined) this.#nodeChecks.set(body.Node, body.Checks ?? []);
    const service = body.Service;
    if (service !== undefined) {
      const id = service.ID ?? service.Service;
      this.deregister(body.Node, id);
      this.#instances.push({
        Node: node,
        Service: {
          ID: id,
          Service: service.Service,
          Address: service.Address ?? "",
          Port: service.Port ?? 0,
          Weights: service.Weights ?? { Passing: 1, Warning: 1 },
          TaggedAddresses: service.TaggedAddresses,
        },
        Checks: (body.Checks ?? []).filter((check) => (check.ServiceID ?? id) === id),
        registration: body,
      });
      this.#announceInstance(service);
    }
    this.#announce(nodeTopic(body.Node));
    this.#announce(TOPIC_CATALOG);
  }

  deregister(node: string, id: string): void {
    const gone = this.#instances.filter((one) => one.Node.Node === node && one.Service.ID === id);
    this.#instances = this.#instances.filter((one) => !gone.includes(one));
    for (const { registration } of gone) if (registration.Service) this.#announceInstance(registration.Service);
    if (gone.length > 0) this.#announce(TOPIC_CATALOG);
  }

  datacenters(): readonly string[] {
    return ["dc1", ...this.others.keys()];
  }

  node(name: string): DnsNode | undefined {
    this.#note(`node ${name}`);
    return this.#nodes.get(name);
  }

  serviceInstances(name: string, filter: ServiceFilter): readonly DnsInstance[] {
    this.#note(`service ${name}`);
    return this.#instances
      .filter((one) => matches(one.registration, name, filter))
      .map((one) => ({ ...one, Checks: [...one.Checks, ...(this.#nodeChecks.get(one.Node.Node) ?? [])] }));
  }

  nodesByAddress(ip: string): readonly DnsNode[] {
    return [...this.#nodes.values()].filter((node) => canonical(node.Address) === ip);
  }

  servicesByAddress(ip: string): readonly DnsInstance["Service"][] {
    return this.#instances.map((one) => one.Service).filter((service) => canonical(service.Address) === ip);
  }

  servers(): readonly DnsNode[] {
    return this.serviceInstances("consul", {}).map((one) => one.Node);
  }

  /** All prepared queries have to be fetched. */
  executeQuery(): ReturnType<DnsState["executeQuery"]> {
    return "elsewhere";
  }

  subscribe(topics: readonly string[], onChange: () => void): () => void {
    for (const topic of topics) {
      const set = this.#listeners.get(topic) ?? new Set();
      this.#listeners.set(topic, set.add(onChange));
    }
    return () => {
      for (const topic of topics) this.#listeners.get(topic)?.delete(onChange);
    };
  }

  get state(): DnsState | undefined {
    return this.#holdsState ? this : undefined;
  }

  readonly remote: DnsRemote = {
    node: async (datacenter, name) => {
      this.#note(`remote node ${datacenter}`);
      return datacenter === "dc1" ? this.#nodes.get(name) : undefined;
    },
    serviceInstances: async (datacenter, name, filter) => {
      this.#note(`remote ${datacenter}`);
      return datacenter === "dc1" ? this.serviceInstances(name, filter) : (this.others.get(datacenter) ?? []);
    },
    byAddress: async (ip) => ({ nodes: this.nodesByAddress(ip), services: this.servicesByAddress(ip) }),
    servers: async () => this.servers(),
    executeQuery: async (request) => {
      this.#note(`query ${request.name} from ${request.sourceAddress}`);
      return this.queries.get(request.name);
    },
  };

  #note(text: string): void {
    this.lookups.push(text);
    if (this.failure !== undefined) throw this.failure;
  }

  #announceInstance(service: NonNullable<Registration["Service"]>): void {
    this.#announce(serviceTopic(service.Service));
    this.#announce(connectTopic(service.Proxy?.DestinationServiceName ?? service.Service));
  }

  #announce(topic: string): void {
    for (const onChange of [...(this.#listeners.get(topic) ?? [])]) onChange();
  }
}

function matches({ Service }: Registration, name: string, filter: ServiceFilter): boolean {
  if (Service === undefined || filter.ingress === true) return false;
  if (filter.connect === true) {
    const native = Service.Connect?.Native === true && Service.Service.toLowerCase() === name;
    return native || Service.Proxy?.DestinationServiceName.toLowerCase() === name;
  }
  if (Service.Service.toLowerCase() !== name) return false;
  return filter.tag === undefined || (Service.Tags ?? []).some((tag) => tag.toLowerCase() === filter.tag);
}

function canonical(address: string): string {
  const ip = parseIp(address);
  return ip === undefined ? address : ipText(ip);
}
