import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { metaQuery } from "./node-meta.ts";
import type { CATALOG_NODES_FLAGS } from "./table/catalog.ts";

type Parsed = ParsedFlags<typeof CATALOG_NODES_FLAGS>;

interface CatalogNode {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Datacenter: string;
  readonly TaggedAddresses: Readonly<Record<string, string>> | null;
  readonly Meta: Readonly<Record<string, string>> | null;
}

interface CatalogService extends Omit<CatalogNode, "Meta"> {
  readonly NodeMeta: Readonly<Record<string, string>> | null;
}

/** `catalog nodes`: a table of nodes, all or those that have a service. */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  if (args.length > 0) throw new CommandFailure(`Too many arguments (expected 0, got ${args.length})`);
  const nodes = await readNodes(context, values);
  if (values.format === "json") {
    context.out.write(encodeGoJson(nodes, true));
  } else if (nodes.length === 0) {
    context.complain("No nodes match the given query - try expanding your search.");
  } else {
    context.print(columnize(values.detailed ? detailedRows(nodes) : plainRows(nodes)));
  }
  return 0;
}

async function readNodes(context: CommandContext, values: Parsed["values"]): Promise<CatalogNode[]> {
  const query = {
    filter: values.filter || undefined,
    near: values.near || undefined,
    "node-meta": metaQuery(values["node-meta"]),
  };
  if (values.service === "")
    return await orFail("Error listing nodes", context.api.get<CatalogNode[]>("/v1/catalog/nodes", { query }));
  const path = `/v1/catalog/service/${values.service}`;
  const instances = await orFail("Error listing nodes for service", context.api.get<CatalogService[]>(path, { query }));
  return instances.map(({ ID, Node, Address, Datacenter, TaggedAddresses, NodeMeta }) => ({
    ID,
    Node,
    Address,
    Datacenter,
    TaggedAddresses,
    Meta: NodeMeta,
  }));
}

const SHORT_ID_CHARS = 8;

function plainRows(nodes: readonly CatalogNode[]): string[][] {
  return [
    ["Node", "ID", "Address", "DC"],
    ...nodes.map((node) => [node.Node, node.ID.slice(0, SHORT_ID_CHARS), node.Address, node.Datacenter]),
  ];
}

function detailedRows(nodes: readonly CatalogNode[]): string[][] {
  return [
    ["Node", "ID", "Address", "DC", "TaggedAddresses", "Meta"],
    ...nodes.map((node) => [
      node.Node,
      node.ID,
      node.Address,
      node.Datacenter,
      pairs(node.TaggedAddresses),
      pairs(node.Meta),
    ]),
  ];
}

function pairs(map: Readonly<Record<string, string>> | null): string {
  return Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(", ");
}
