import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { checkKindAndName, isKnownKind } from "./config-kind.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { CONFIG_READ_FLAGS } from "./table/config.ts";

/** `config read`: one entry as JSON. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof CONFIG_READ_FLAGS>): Promise<number> {
  checkKindAndName(values);
  const { kind, name } = values;
  const failed = `Error reading config entry ${kind}/${name}`;
  if (!isKnownKind(kind)) throw new CommandFailure(`${failed}: invalid config entry kind: ${kind}`);
  const entry = await orFail(failed, context.api.get(`/v1/config/${kind}/${name}`));
  context.out.write(encodeGoJson(entry, true));
  return 0;
}
