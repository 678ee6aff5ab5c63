/** Which of several addresses of this machine is taken, and why. */
import { type Family, familyOf, type InterfaceAddress, isInside, isLocal } from "./addresses.ts";
import { isPrivate } from "./sockaddr/networks.ts";

export interface Choice {
  readonly chosen: InterfaceAddress;
  /** Completes "..., because". */
  readonly why: string;
}

/** Bridges and cables of containers and virtual machines: what hangs on them is on this machine. */
const INNER_INTERFACE = /^(docker|br-|veth|virbr|cni|podman|lxc|lxd|vnet|flannel|cali|kube)/;

/**
 * The address that others most likely reach this machine at: one on the default route, as the kernel would choose it, or
 * the first that is not of an inner network. Undefined for no candidates.
 */
export function chooseAddress(candidates: readonly InterfaceAddress[]): Choice | undefined {
  const lasting = candidates.filter((each) => !each.isTemporary);
  const kept = lasting.length > 0 ? lasting : candidates;
  const routed = kept.filter((each) => each.defaultGateway !== undefined);
  const chosen = routed.find(isBesideGateway) ?? routed[0];
  if (chosen !== undefined) return { chosen, why: `the default route leaves on ${chosen.interface}` };
  const outer = kept.find((each) => !INNER_INTERFACE.test(each.interface)) ?? kept[0];
  return outer && { chosen: outer, why: "the default route leaves on none of their interfaces and it is the first" };
}

function isBesideGateway({ address, prefixLength, defaultGateway }: InterfaceAddress): boolean {
  if (defaultGateway === undefined || defaultGateway === "") return false;
  return isInside(defaultGateway, `${address}/${prefixLength}`);
}

/**
 * What a node tells others of itself when nothing says so: a private IPv4 address or a public IPv6 one, as in Consul, else
 * any that leads off this machine. Where Consul refuses to choose, the default route does, and `note` tells.
 */
export function chooseAdvertised(
  family: Family,
  machine: readonly InterfaceAddress[],
  note: (line: string) => void,
): InterfaceAddress | undefined {
  const usable = machine.filter((each) => each.up && familyOf(each.address) === family && !isLocal(each.address));
  const outer = usable.filter((each) => !INNER_INTERFACE.test(each.interface));
  const preferred = outer.filter((each) => isPrivate(each.address) === (family === "ipv4"));
  const kind = family === "ipv4" ? "private IPv4" : "public IPv6";
  const candidates = [preferred, outer, usable].find((list) => list.length > 0) ?? [];
  const choice = chooseAddress(candidates);
  if (choice === undefined) return undefined;
  const { chosen, why } = choice;
  if (candidates !== preferred) {
    note(`no ${kind} address found: ${nameOf(chosen)} is advertised; ${HOW_TO_CHOOSE}`);
  } else if (candidates.length > 1) {
    const list = candidates.map(nameOf).join(", ");
    note(
      `multiple ${kind} addresses found (${list}): ${chosen.address} is advertised, because ${why}; ${HOW_TO_CHOOSE}`,
    );
  }
  return chosen;
}

export const HOW_TO_CHOOSE = "set advertise_addr to another address or to an interface's name to choose yourself";

const nameOf = (each: InterfaceAddress) => `${each.address} on ${each.interface}`;
