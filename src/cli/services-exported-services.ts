import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { columnize } from "./columnize.ts";
import type { CommandContext } from "./context.ts";
import { readExportedServices } from "./exported-services.ts";
import type { SERVICES_EXPORTED_FLAGS } from "./table/services.ts";

/** `services exported-services`: services and who may use them, by name. */
export async function run(
  context: CommandContext,
  { values }: ParsedFlags<typeof SERVICES_EXPORTED_FLAGS>,
): Promise<number> {
  const entry = await readExportedServices(context);
  const services = (entry?.Services ?? [])
    .map(({ Name, Consumers }) => ({
      Service: Name,
      Consumers: { Peers: (Consumers ?? []).flatMap(({ Peer }) => (Peer ? [Peer] : [])) },
    }))
    .sort((a, b) => (a.Service < b.Service ? -1 : 1));
  if (values.format === "json") context.out.write(encodeGoJson(services, true));
  else if (services.length === 0) context.print("No exported services found");
  else {
    const rows = services.map(({ Service, Consumers }) => [Service, Consumers.Peers.join(", ")]);
    context.print(columnize([["Service", "Consumer Peers"], ...rows]));
  }
  return 0;
}
