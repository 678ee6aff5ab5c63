import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import type { RaftRecovery } from "../model/operator.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { RECOVER_FLAGS } from "./table/operator.ts";

const PATH = "/v1/operator/raft/recover";

/** `operator raft recover`: tells what may be lost, and does it when it is told to by the server's id. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof RECOVER_FLAGS>): Promise<number> {
  const recovery = await orFail("Error reading what would be lost", context.api.get<RaftRecovery>(PATH));
  if (values.format === "json") context.out.write(encodeGoJson(recovery, true));
  else for (const line of description(recovery)) context.print(line);
  if (recovery.Leader !== "") {
    throw new CommandFailure(
      `The cluster has a leader (${recovery.Leader}): there is nothing to recover. Remove a lost server by \
"${context.program} operator raft remove-peer".`,
    );
  }
  const confirm = values.confirm || (await asked(context, recovery, values.format === "json"));
  if (confirm === undefined) {
    context.complain(`Nothing was changed. To go on: -confirm=${recovery.Confirm}`);
    return 1;
  }
  if (confirm !== recovery.Confirm) {
    throw new CommandFailure(`Nothing was changed: ${JSON.stringify(confirm)} is not the ID of this server.`);
  }
  const body = JSON.stringify({ Confirm: confirm });
  await orFail("Error recovering", context.api.send("POST", PATH, { body }));
  if (values.format !== "json") {
    context.print(
      `${recovery.Node} leads a cluster of its own. Start the others with empty data directories to join it.`,
    );
  }
  return 0;
}

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
