import type { ParsedFlags } from "../lang/goflags.ts";
import { formatDurationNs, NS_PER_MS, parseDurationMs } from "../lib/duration.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import type { RaftRecovery } from "../model/operator.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { RECOVER_FLAGS } from "./table/operator.ts";

const PATH = "/v1/operator/raft/recover";

/** `operator raft recover`: tells what may be lost, and does it when it is told to by the server's id. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof RECOVER_FLAGS>): Promise<number> {
  const recovery = await orFail("Error reading what would be lost", context.api.get<RaftRecovery>(PATH));
  const isJson = values.format === "json";
  if (isJson) context.out.write(encodeGoJson(recovery, true));
  if (recovery.Leader !== "") {
    throw new CommandFailure(
      `The cluster has a leader (${recovery.Leader}): there is nothing to recover. Remove a lost server by \
"${context.program} operator raft remove-peer".`,
    );
  }
  if (isRecent(recovery.LastContact)) {
    throw new CommandFailure(
      `A leader was heard ${recovery.LastContact} ago, and there may soon be another one. Try again when none was heard for \
${formatDurationNs(SILENCE_MS_MIN * NS_PER_MS)}.`,
    );
  }
  if (!isJson) for (const line of description(recovery)) context.print(line);
  const confirm = values.confirm || (await asked(context, recovery, isJson));
  if (confirm === undefined) {
    context.complain(`Nothing was changed. To go on: -confirm=${recovery.Confirm}`);
    return 1;
  }
  if (confirm !== recovery.Confirm) {
    throw new CommandFailure(`Nothing was changed: ${JSON.stringify(confirm)} is not the ID of this server.`);
  }
  const body = JSON.stringify({ Confirm: confirm });
  await orFail("Error recovering", context.api.send("POST", PATH, { body }));
  if (!isJson) {
    context.print(
      `${recovery.Node} leads a cluster of its own. Start the others with empty data directories to join it.`,
    );
  }
  return 0;
}

/** An election takes a second or two. Whoever is too quick here makes a second cluster beside one that goes on. */
const SILENCE_MS_MIN = 10_000;

const isRecent = (lastContact: string) => lastContact !== "never" && parseDurationMs(lastContact) < SILENCE_MS_MIN;

/** What a person at a terminal answers; undefined when there is none. */
async function asked(context: CommandContext, { Confirm }: RaftRecovery, isJson: boolean): Promise<string | undefined> {
  if (isJson) return undefined;
  const answer = await context.question(`Type ${Confirm} to go on, anything else to leave all as it is: `);
  return answer?.trim();
}

function description(recovery: RaftRecovery): string[] {
  const { Node, NodeID, Address, LastTerm, LastIndex, CommitIndex, LastContact, LostServers } = recovery;
  const lost = LostServers.map(({ Node, ID, Address, Voter }) => [Node, ID, Address, String(Voter)]);
  return [
    `${Node} (${NodeID}, ${Address}) can go on as a cluster of its own, with what it has:`,
    "",
    columnize(
      [
        ["  Last log entry", `index ${LastIndex}, term ${LastTerm}`],
        ["  Known to be committed", `up to index ${CommitIndex}`],
        ["  Last heard a leader", LastContact === "never" ? "never since it started" : `${LastContact} ago`],
      ],
      "   ",
    ),
    "",
    ...(lost.length === 0
      ? ["It knows no other servers."]
      : [
          "It would give up these servers for good. Writes that only they have are lost, answered ones too:",
          "",
          columnize([["Node", "ID", "Address", "Voter"], ...lost]),
          "",
          "Stop those that still run before you go on, and compare their last log entries by this command:",
          "the server to go on with is the one with the highest term, and of those with the highest index.",
        ]),
    "",
  ];
}
