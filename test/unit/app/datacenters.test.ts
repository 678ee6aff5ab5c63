import { expect, test } from "bun:test";
import { datacenterCoordinates, datacenterNames } from "../../../src/app/datacenters.ts";
import { OWN_VERSIONS } from "../../../src/gossip/messages.ts";
import type { MemberStatus, PoolMember } from "../../../src/gossip/types.ts";
import { type Coordinate, ORIGIN } from "../../../src/lib/coordinate.ts";
import { serverTags } from "../../../src/model/member-tags.ts";

const at = (s: number): Coordinate => ({ ...ORIGIN, Vec: [s, 0, 0, 0, 0, 0, 0, 0] });

function server(name: string, datacenter: string, status: MemberStatus = "alive"): PoolMember {
  const own = {
    nodeId: name,
    datacenter,
    build: "1.8.7:muster-0.4.0",
    port: 8300,
    expect: 1,
    mayVote: true,
    wanPort: 8302,
  };
  return {
    name,
    at: { address: "10.0.0.1", port: 8302 },
    tags: serverTags(own, "wan"),
    status,
    versions: OWN_VERSIONS,
  };
}

const coordinates: Record<string, Coordinate> = { "a.dc1": at(0), "b.far": at(0.2), "c.near": at(0.01) };
const wan = {
  members: () => [
    server("a.dc1", "dc1"),
    server("b.far", "far"),
    server("c.near", "near"),
    server("d.cut", "cut", "failed"),
    server("e.gone", "gone", "left"),
  ],
  coordinate: () => at(0),
  coordinateOf: (name: string) => coordinates[name],
};

test("datacenters are known, the nearest first, until their servers have left (Consul)", () => {
  expect(datacenterNames(wan, "dc1")).toEqual(["dc1", "near", "far", "cut"]);
  expect(datacenterNames(undefined, "dc1")).toEqual(["dc1"]);
});

test("coordinates are those that were measured, by the names of nodes without their datacenter, as in Consul", () => {
  expect(datacenterCoordinates(wan, "dc1").map(({ Datacenter, Coordinates }) => [Datacenter, Coordinates])).toEqual([
    ["dc1", [{ Node: "a", Segment: "", Coord: at(0) }]],
    ["near", [{ Node: "c", Segment: "", Coord: at(0.01) }]],
    ["far", [{ Node: "b", Segment: "", Coord: at(0.2) }]],
    ["cut", []],
  ]);
  expect(datacenterCoordinates(undefined, "dc1")).toEqual([{ Datacenter: "dc1", AreaID: "wan", Coordinates: [] }]);
});
