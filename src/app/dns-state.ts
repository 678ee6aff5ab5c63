import type { DnsInstance, DnsNode, DnsState } from "../dns/source.ts";
import { TOPIC_CATALOG } from "../dns/source.ts";
import { connectTopics, healthConnect, healthIngress, healthService, ingressTopics } from "../state/catalog/queries.ts";
import type { StateDb } from "../state/db.ts";
import { nodeByName, nodesByAddress } from "../state/nodes/queries.ts";
import type { Publisher } from "../state/publisher.ts";
import { servicesByAddress } from "../state/services/queries.ts";
import { NODES_TOPIC, SERVICES_TOPIC, serviceChecksTopic, serviceTopic, type Topic } from "../state/topics.ts";

const CONSUL_SERVICE = "consul";

/** What DNS looks up, from the replicated state of this server. */
export function dnsState(db: StateDb, publisher: Publisher, executeQuery: DnsState["executeQuery"]): DnsState {
  const instances = (name: string, filter: { tag?: string; connect?: boolean; ingress?: boolean }): DnsInstance[] => {
    if (filter.ingress) return healthIngress(db, name).value;
    if (filter.connect) return healthConnect(db, name).value;
    return healthService(db, name, filter.tag === undefined ? {} : { tags: [filter.tag] }).value;
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
    subscribe: (topics, onChange) =>
      publisher.subscribe({ topics: topics.flatMap((topic) => stateTopics(db, topic)) }, () => onChange()),
  };
}

/** DNS looks at instances and their health in one. What gateways tell of hangs on which there are now. */
function stateTopics(db: StateDb, topic: string): readonly Topic[] {
  if (topic === TOPIC_CATALOG) return [NODES_TOPIC, SERVICES_TOPIC];
  const slash = topic.indexOf("/");
  const name = topic.slice(slash + 1);
  switch (topic.slice(0, slash)) {
    case "service":
      return [serviceTopic(name), serviceChecksTopic(name)];
    case "connect":
      return connectTopics(db, name);
    case "ingress":
      return ingressTopics(db, name);
    default:
      return [topic];
  }
}
