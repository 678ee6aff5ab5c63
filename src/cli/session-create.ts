import type { ParsedFlags } from "../lang/goflags.ts";
import { formatDurationNs, NS_PER_MS } from "../lib/duration.ts";
import { decodeGoJson, encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { SESSION_CREATE_FLAGS } from "./table/session.ts";

/** `session create`: prints the new session's bare ID, for scripts. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof SESSION_CREATE_FLAGS>,
): Promise<number> {
  if (args.length > 0) throw new CommandFailure(`Too many arguments (expected 0, got ${args.length})`);
  const body = encodeGoJson({
    Behavior: values.behavior,
    LockDelay: formatDurationNs(values["lock-delay"] * NS_PER_MS),
    ...(values.name === "" ? {} : { Name: values.name }),
    ...(values.node === "" ? {} : { Node: values.node }),
    ...(values.ttl === "" ? {} : { TTL: values.ttl }),
    ...(values.check === undefined ? {} : { Checks: values.check }),
  });
  const work = context.api.put("/v1/session/create", { body });
  const created = decodeGoJson(await orFail("Error creating session", work)) as { readonly ID: string };
  if (values.format === "json") context.out.write(encodeGoJson(created, true));
  else context.print(created.ID);
  return 0;
}
