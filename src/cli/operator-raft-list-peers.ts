import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import type { ClusterHealth } from "../model/autopilot.ts";
import type { RaftServer } from "../model/operator.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, orFail } from "./context.ts";
import type { LIST_PEERS_FLAGS } from "./table/operator.ts";

const HEADINGS = ["Node", "ID", "Address", "State", "Voter", "RaftProtocol"];
/** Of a cell that nobody knows. */
const UNKNOWN = "_";

/** `operator raft list-peers`: a table of servers. With -detailed in the columns of Consul 1.16. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof LIST_PEERS_FLAGS>): Promise<number> {
  const { api } = context;
  const path = "/v1/operator/raft/configuration";
  const { Servers } = await orFail(
    "Error getting peers: Failed to retrieve raft configuration",
    api.get<{ Servers: RaftServer[] }>(path),
  );
  const indexes = values.detailed ? await lastIndexes(context) : undefined;
  if (values.format === "json") {
    const servers = Servers.map((server) => ({ ...server, LastIndex: indexes?.get(server.ID) }));
    context.out.write(encodeGoJson(servers, true));
    return 0;
  }
  const lead = indexes?.get(Servers.find(({ Leader }) => Leader)?.ID ?? "");
  context.print(
    columnize([
      indexes === undefined ? HEADINGS : [...HEADINGS, "Commit Index", "Trails Leader By"],
      ...Servers.map((server) =>
        indexes === undefined ? cells(server) : [...cells(server), ...progress(server, indexes.get(server.ID), lead)],
      ),
    ]),
  );
  return 0;
}

/** By node id; servers that the leader can't reach are left out. */
async function lastIndexes({ api }: CommandContext): Promise<Map<string, number>> {
  const health = api.get<ClusterHealth>("/v1/operator/autopilot/health", { accept: [429] });
  const { Servers } = await orFail("Error getting peers: Failed to retrieve autopilot health", health);
  return new Map(Servers.filter(({ LastTerm }) => LastTerm > 0).map(({ ID, LastIndex }) => [ID, LastIndex]));
}

function cells({ Node, ID, Address, Leader, Voter, ProtocolVersion }: RaftServer): string[] {
  return [Node, ID, Address, Leader ? "leader" : "follower", String(Voter), ProtocolVersion || "<=1"];
}

function progress({ Leader }: RaftServer, index: number | undefined, lead: number | undefined): string[] {
  if (index === undefined) return [UNKNOWN, UNKNOWN];
  if (Leader || lead === undefined) return [String(index), UNKNOWN];
  // Both are told at different moments: a follower may have been asked later than the leader.
  const behind = Math.max(0, lead - index);
  return [String(index), `${behind} ${behind <= 1 ? "Commit" : "Commits"}`];
}
