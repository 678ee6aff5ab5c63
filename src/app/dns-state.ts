import type { DnsInstance, DnsNode, DnsState } from "../dns/source.ts";
import { TOPIC_CATALOG } from "../dns/source.ts";
import { healthConnect, healthService } from "../state/catalog/queries.ts";
import { connectChecksTopic, connectTopic } from "../state/catalog/topics.ts";
import type { StateDb } from "../state/db.ts";
import { nodeByName, nodesByAddress } from "../state/nodes/queries.ts";
import type { Publisher } from "../state/publisher.ts";
import { servicesByAddress } from "../state/services/queries.ts";
import { NODES_TOPIC, SERVICES_TOPIC, serviceChecksTopic, serviceTopic, type Topic } from "../state/topics.ts";

const SERVICE_PREFIX = "service/";
const CONSUL_SERVICE = "consul";

/** What DNS looks up, from the replicated state of this server. */
export function dnsState(db: StateDb, publisher: Publisher, executeQuery: DnsState["executeQuery"]): DnsState {
  const instances = (name: string, filter: { tag?: string; connect?: boolean; ingress?: boolean }): DnsInstance[] => {
    // Ingress gateways are bound by config entries, which this version does not have.
    if (filter.ingress) return [];
    const tags = filter.tag === undefined ? {} : { tags: [filter.tag] };
    return (filter.connect ? healthConnect(db, name, tags) : healthService(db, name, tags)).value;
  };
  return {
    node: (name) => nodeByName(db, name),
    serviceInstances: instances,
    nodesByAddress: (ip) => nodesByAddress(db, ip),
    servicesByAddress: (ip) =>
      servicesByAddress(db, ip).map((service) => ({
        ID: service.ServiceID,
        Service: service.ServiceName,
        Address: service.ServiceAddress,
        Port: service.ServicePort,
        Weights: service.ServiceWeights,
        TaggedAddresses: service.ServiceTaggedAddresses,
      })),
    servers: (): DnsNode[] => instances(CONSUL_SERVICE, {}).map((instance) => instance.Node),
    executeQuery,
    subscribe: (topics, onChange) => publisher.subscribe({ topics: topics.flatMap(stateTopics) }, () => onChange()),
  };
}

/** DNS looks at a service as a whole: instances, their health, and what the mesh reaches it through. */
function stateTopics(topic: string): Topic[] {
  if (topic === TOPIC_CATALOG) return [NODES_TOPIC, SERVICES_TOPIC];
  if (!topic.startsWith(SERVICE_PREFIX)) return [topic];
  const name = topic.slice(SERVICE_PREFIX.length);
  return [serviceTopic(name), serviceChecksTopic(name), connectTopic(name), connectChecksTopic(name)];
}
