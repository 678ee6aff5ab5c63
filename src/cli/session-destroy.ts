import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, orFail } from "./context.ts";
import { theSessionId } from "./session-model.ts";
import type { SESSION_ID_FLAGS } from "./table/session.ts";

/** `session destroy`: a session that does not exist is no error. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof SESSION_ID_FLAGS>,
): Promise<number> {
  const id = theSessionId(args);
  await orFail("Error destroying session", context.api.put(`/v1/session/destroy/${id}`));
  if (values.format === "json") context.out.write(encodeGoJson({ ID: id }, true));
  else context.print(`Destroyed session: ${id}`);
  return 0;
}
