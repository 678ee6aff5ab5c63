import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { readSelf } from "./agent-self.ts";
import { type CommandContext, CommandFailure, errorText, orFail, UsageFailure } from "./context.ts";
import { type Coordinate, roundTripMs } from "./coordinate.ts";
import type { RTT_FLAGS } from "./table/agent.ts";

interface NodeCoordinate {
  readonly Node: string;
  readonly Coord: Coordinate;
}

interface DatacenterCoordinates {
  readonly Datacenter: string;
  readonly Coordinates: readonly NodeCoordinate[];
}

/** `rtt`: how far two nodes are apart by their coordinates. */
export async function run(context: CommandContext, { values, args }: ParsedFlags<typeof RTT_FLAGS>): Promise<number> {
  if (args.length < 1 || args.length > 2) throw new UsageFailure("One or two node names must be specified");
  const first = args[0] ?? "";
  const second = args[1] ?? (await ownName(context, values.wan));
  if (values.wan) for (const name of args) checkWanName(name);
  const find = values.wan ? await wanCoordinates(context) : await lanCoordinates(context);
  const ms = estimate(find(first), find(second));
  const source = values.wan ? "WAN" : "LAN";
  if (values.format === "json") {
    context.out.write(encodeGoJson({ From: first, To: second, RoundTripMs: ms, Coordinates: source }, true));
  } else {
    context.print(`Estimated ${first} <-> ${second} rtt: ${ms.toFixed(3)} ms (using ${source} coordinates)`);
  }
  return 0;
}

function checkWanName(name: string): void {
  if (!name.includes("."))
    throw new CommandFailure("Node names must be specified as <node name>.<datacenter> with -wan");
}

async function ownName(context: CommandContext, wan: boolean): Promise<string> {
  const { Config } = await readSelf(context, "Unable to look up agent info");
  return wan ? `${Config.NodeName}.${Config.Datacenter}` : Config.NodeName;
}

type Find = (name: string) => Coordinate;

async function lanCoordinates(context: CommandContext): Promise<Find> {
  const work = context.api.get<NodeCoordinate[]>("/v1/coordinate/nodes");
  const nodes = await orFail("Error getting coordinates", work);
  return (name) =>
    found(
      name,
      nodes.find((node) => node.Node === name),
    );
}

async function wanCoordinates(context: CommandContext): Promise<Find> {
  const work = context.api.get<DatacenterCoordinates[]>("/v1/coordinate/datacenters");
  const datacenters = await orFail("Error getting coordinates", work);
  return (name) => {
    // A datacenter's name holds no dot, a node's may.
    const dot = name.lastIndexOf(".");
    const inDatacenter = datacenters.filter((dc) => dc.Datacenter === name.slice(dot + 1));
    const nodes = inDatacenter.flatMap((dc) => dc.Coordinates);
    return found(
      name,
      nodes.find((node) => node.Node === name.slice(0, dot)),
    );
  };
}

function found(name: string, node: NodeCoordinate | undefined): Coordinate {
  if (node === undefined) throw new CommandFailure(`Could not find a coordinate for node ${JSON.stringify(name)}`);
  return node.Coord;
}

function estimate(a: Coordinate, b: Coordinate): number {
  try {
    return roundTripMs(a, b);
  } catch (error) {
    throw new CommandFailure(errorText(error));
  }
}
