import type { ParsedFlags } from "../lang/goflags.ts";
import { formatDurationNs } from "../lib/duration.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { type Session, theSessionId } from "./session-model.ts";
import type { SESSION_ID_FLAGS } from "./table/session.ts";

const DETAIL_GAP = "      ";

/** `session info`: one session, field by field. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof SESSION_ID_FLAGS>,
): Promise<number> {
  const id = theSessionId(args);
  const [session] = await orFail("Error reading session", context.api.get<Session[]>(`/v1/session/info/${id}`));
  if (session === undefined) throw new CommandFailure(`No session exists with ID: ${id}`);
  if (values.format === "json") context.out.write(encodeGoJson(session, true));
  else context.print(columnize(rows(session), DETAIL_GAP));
  return 0;
}

function rows(session: Session): string[][] {
  return [
    ["Behavior", session.Behavior],
    ["Checks", (session.NodeChecks ?? []).join(",") || "-"],
    ["CreateIndex", String(session.CreateIndex)],
    ["ID", session.ID],
    ["LockDelay", formatDurationNs(session.LockDelay)],
    ["ModifyIndex", String(session.ModifyIndex)],
    ["Name", session.Name || "-"],
    ["Node", session.Node],
    ["TTL", session.TTL || "-"],
  ];
}
