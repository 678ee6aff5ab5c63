import type { Pool, PoolMember } from "../gossip/types.ts";
import type { Coordinate } from "../lib/coordinate.ts";
import { parseServer } from "../model/member-tags.ts";
import { datacentersByDistance } from "../server/datacenters.ts";

type WanPool = Pick<Pool, "members" | "coordinate" | "coordinateOf">;

export interface DatacenterCoordinates {
  Datacenter: string;
  AreaID: string;
  Coordinates: { Node: string; Segment: string; Coord: Coordinate }[];
}

/**
 * All datacenters that have a server, the nearest first; without the pool of all it is the own one. One whose servers have
 * failed stays, as in Consul: its names are not answered with "there is no such name" while its line is cut.
 */
export function datacenterNames(wan: WanPool | undefined, own: string): string[] {
  if (wan === undefined) return [own];
  const servers = serversOf(wan).map(({ name, datacenter }) => ({ datacenter, coordinate: wan.coordinateOf(name) }));
  return datacentersByDistance(own, wan.coordinate(), servers);
}

/** Where the servers of all datacenters are, as far as that has been measured. */
export function datacenterCoordinates(wan: WanPool | undefined, own: string): DatacenterCoordinates[] {
  const byName = new Map<string, DatacenterCoordinates>();
  for (const Datacenter of datacenterNames(wan, own)) {
    byName.set(Datacenter, { Datacenter, AreaID: "wan", Coordinates: [] });
  }
  if (wan === undefined) return [...byName.values()];
  for (const { name, datacenter } of serversOf(wan)) {
    const Coord = wan.coordinateOf(name);
    // As in Consul, by the node's own name, which in this pool has the datacenter behind it.
    const Node = name.endsWith(`.${datacenter}`) ? name.slice(0, -datacenter.length - 1) : name;
    if (Coord !== undefined) byName.get(datacenter)?.Coordinates.push({ Node, Segment: "", Coord });
  }
  return [...byName.values()];
}

function serversOf(wan: WanPool): (PoolMember & { datacenter: string })[] {
  return wan.members().flatMap((member) => {
    const server = member.status === "left" ? undefined : parseServer(member.tags);
    return server === undefined ? [] : [{ ...member, datacenter: server.datacenter }];
  });
}
