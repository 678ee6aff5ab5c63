import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson, sortedRecord } from "../lib/go-json.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { metaQuery } from "./node-meta.ts";
import type { CATALOG_SERVICES_FLAGS } from "./table/catalog.ts";

type Parsed = ParsedFlags<typeof CATALOG_SERVICES_FLAGS>;
type TagsByName = Readonly<Record<string, readonly string[]>>;

interface NodeServices {
  readonly Services: Readonly<Record<string, { readonly Service: string; readonly Tags: readonly string[] | null }>>;
}

const TAGS_GAP = "      ";

/** `catalog services`: names of services, with their tags when asked for. */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  if (args.length > 0) throw new CommandFailure(`Too many arguments (expected 0, got ${args.length})`);
  const services = sortedRecord(await readServices(context, values));
  const names = Object.keys(services);
  if (values.format === "json") context.out.write(encodeGoJson(services, true));
  else if (names.length === 0) context.complain("No services match the given query - try expanding your search.");
  else if (values.tags)
    context.print(
      columnize(
        names.map((name) => [name, [...(services[name] ?? [])].sort().join(",")]),
        TAGS_GAP,
      ).trimEnd(),
    );
  else for (const name of names) context.print(name);
  return 0;
}

async function readServices(context: CommandContext, values: Parsed["values"]): Promise<TagsByName> {
  const query = { "node-meta": metaQuery(values["node-meta"]) };
  if (values.node === "")
    return await orFail("Error listing services", context.api.get<TagsByName>("/v1/catalog/services", { query }));
  const path = `/v1/catalog/node/${values.node}`;
  const node = await orFail("Error listing services for node", context.api.get<NodeServices | null>(path, { query }));
  const tags: Record<string, string[]> = {};
  for (const { Service, Tags } of Object.values(node?.Services ?? {}))
    tags[Service] = [...new Set([...(tags[Service] ?? []), ...(Tags ?? [])])];
  return tags;
}
