import type { ParsedFlags } from "../lang/goflags.ts";
import { decodeGoJson, encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { type Session, theSessionId } from "./session-model.ts";
import type { SESSION_ID_FLAGS } from "./table/session.ts";

/** `session renew`: starts a session's TTL anew. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof SESSION_ID_FLAGS>,
): Promise<number> {
  const id = theSessionId(args);
  const work = context.api.send("PUT", `/v1/session/renew/${id}`, { accept: [404] });
  const response = await orFail("Error renewing session", work);
  if (response.status === 404) throw new CommandFailure(`No session exists with ID: ${id}`);
  const [session] = decodeGoJson(await response.text()) as Session[];
  if (values.format === "json") context.out.write(encodeGoJson(session, true));
  else context.print(`Renewed session: ${id}${session?.TTL ? ` (TTL ${session.TTL})` : ""}`);
  return 0;
}
