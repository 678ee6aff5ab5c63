import type { Node } from "../model/node.ts";
import type { NodeService, ServiceNode } from "../model/service.ts";

type Tagged = Readonly<Record<string, string | undefined>>;
type Services = Readonly<Record<string, { readonly Address: string; readonly Port: number }>> | undefined;

/**
 * The address by which another datacenter reaches who has these: an IPv6 one before an IPv4 one, for which one of the own
 * network serves too, and the plain one last (observed, Consul 1.8.7; DNS says the same).
 */
function wanAddress(address: string, tagged: Tagged): string {
  const v6 = tagged.wan_ipv6 ?? tagged.lan_ipv6 ?? "";
  const v4 = tagged.wan_ipv4 ?? tagged.lan_ipv4 ?? "";
  return v6 || v4 || (tagged.wan ?? address);
}

function ofService(address: string, port: number, tagged: Services = {}): { address: string; port: number } {
  const addresses = Object.fromEntries(Object.entries(tagged).map(([tag, { Address }]) => [tag, Address]));
  return { address: wanAddress(address, addresses), port: tagged.wan?.Port || port };
}

export function nodeFromAfar(node: Node): Node {
  return { ...node, Address: wanAddress(node.Address, node.TaggedAddresses ?? {}) };
}

export function serviceFromAfar(service: NodeService): NodeService {
  const { address, port } = ofService(service.Address, service.Port, service.TaggedAddresses);
  return { ...service, Address: address, Port: port };
}

export function instanceFromAfar<T extends { Node: Node; Service: NodeService }>(instance: T): T {
  return { ...instance, Node: nodeFromAfar(instance.Node), Service: serviceFromAfar(instance.Service) };
}

export function serviceNodeFromAfar(instance: ServiceNode): ServiceNode {
  const { ServiceAddress, ServicePort, ServiceTaggedAddresses } = instance;
  const { address, port } = ofService(ServiceAddress, ServicePort, ServiceTaggedAddresses);
  return {
    ...instance,
    Address: wanAddress(instance.Address, instance.TaggedAddresses ?? {}),
    ServiceAddress: address,
    ServicePort: port,
  };
}
