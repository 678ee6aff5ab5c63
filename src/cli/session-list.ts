import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { type Session, sessionRows } from "./session-model.ts";
import type { SESSION_LIST_FLAGS } from "./table/session.ts";

/** `session list`: a table of sessions. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof SESSION_LIST_FLAGS>,
): Promise<number> {
  if (args.length > 0) throw new CommandFailure(`Too many arguments (expected 0, got ${args.length})`);
  const path = values.node === "" ? "/v1/session/list" : `/v1/session/node/${values.node}`;
  const sessions = await orFail("Error listing sessions", context.api.get<Session[]>(path));
  if (values.format === "json") context.out.write(encodeGoJson(sessions, true));
  else if (sessions.length === 0) context.complain("There are no sessions.");
  else context.print(columnize(sessionRows(sessions)));
  return 0;
}
