import type { ParsedFlags } from "../lang/goflags.ts";
import { COMPATIBLE_CONSUL_VERSION, VERSION } from "../lib/version.ts";
import type { CommandContext } from "./context.ts";
import type { VERSION_FLAGS } from "./table/local.ts";

/** Versions of the gossip protocol; the same as those of Consul 1.x. */
const PROTOCOL = { Default: 2, Min: 2, Max: 3 };
/** Consul indents this one document by three spaces. */
const JSON_INDENT = 3;

/** `version`: ours first, then whose API is spoken. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof VERSION_FLAGS>): Promise<number> {
  if (values.format === "json") {
    const document = {
      Version: VERSION,
      Revision: "",
      Prerelease: "",
      Consul: COMPATIBLE_CONSUL_VERSION,
      RPC: PROTOCOL,
    };
    context.print(JSON.stringify(document, null, JSON_INDENT));
    return 0;
  }
  context.print(`Muster v${VERSION}`);
  context.print(`Speaks the API of Consul v${COMPATIBLE_CONSUL_VERSION}`);
  context.print(`Protocol ${PROTOCOL.Default} spoken by default, understands ${PROTOCOL.Min} to ${PROTOCOL.Max}`);
  return 0;
}
