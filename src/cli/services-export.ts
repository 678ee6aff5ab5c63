import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { type ExportedService, type PrintedExportedServices, readExportedServices } from "./exported-services.ts";
import type { SERVICES_EXPORT_FLAGS } from "./table/services.ts";

/** `services export`: adds consumers of a service to the config entry, unless somebody changes it meanwhile. */
export async function run(
  context: CommandContext,
  { values }: ParsedFlags<typeof SERVICES_EXPORT_FLAGS>,
): Promise<number> {
  const { name, "consumer-peers": list } = values;
  if (name === "") throw new CommandFailure("Missing the required -name flag");
  if (list === "") throw new CommandFailure("Missing the required -consumer-peers flag");
  const peers = list.split(",").map((peer) => peer.trim());
  const wrong = peers.find((peer) => peer === "");
  if (wrong !== undefined) throw new CommandFailure(`Invalid peer ${JSON.stringify(wrong)}`);
  const before = await readExportedServices(context);
  const body = encodeGoJson(withConsumers(before, name, peers));
  const query = { cas: String(before?.ModifyIndex ?? 0) };
  const answer = await orFail("Error exporting service", context.api.put("/v1/config", { query, body }));
  if (!answer.includes("true"))
    throw new CommandFailure("Config entry was changed while attempting to update, please try again");
  context.print(`Successfully exported service ${name} to peers ${JSON.stringify(list)}`);
  return 0;
}

function withConsumers(
  before: PrintedExportedServices | undefined,
  name: string,
  peers: readonly string[],
): PrintedExportedServices {
  const services = before?.Services ?? [];
  const service: ExportedService = services.find(({ Name }) => Name === name) ?? { Name: name };
  const known = service.Consumers ?? [];
  const added = peers.filter((peer) => !known.some(({ Peer }) => Peer === peer)).map((Peer) => ({ Peer }));
  const changed = { ...service, Consumers: [...known, ...added] };
  return {
    Kind: "exported-services",
    Name: "default",
    ...(before?.Meta === undefined ? {} : { Meta: before.Meta }),
    Services: services.includes(service)
      ? services.map((other) => (other === service ? changed : other))
      : [...services, changed],
  };
}
