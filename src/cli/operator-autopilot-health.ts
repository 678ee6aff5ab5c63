import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import type { ClusterHealth, ServerHealth } from "../model/autopilot.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, orFail } from "./context.ts";
import type { PRINT_FLAGS } from "./table/operator.ts";

/** So that scripts can ask. */
const EXIT_UNHEALTHY = 2;
/** The agent's status for "not all are well"; its body is the same. */
const STATUS_UNHEALTHY = 429;

/** `operator autopilot health`: a table of the servers. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof PRINT_FLAGS>): Promise<number> {
  const health = await orFail(
    "Error getting server health",
    context.api.get<ClusterHealth>("/v1/operator/autopilot/health", { accept: [STATUS_UNHEALTHY] }),
  );
  if (values.format === "json") context.out.write(encodeGoJson(health, true));
  else {
    context.print(`Healthy:           ${health.Healthy}`);
    context.print(`Failure Tolerance: ${health.FailureTolerance}`);
    context.print("");
    context.print(columnize([HEADINGS, ...health.Servers.map(cells)]));
  }
  return health.Healthy ? 0 : EXIT_UNHEALTHY;
}

const HEADINGS = ["Node", "ID", "Address", "Status", "Healthy", "State", "Voter", "Contact", "Term", "Index", "Since"];

function cells(server: ServerHealth): string[] {
  const { Name, ID, Address, SerfStatus, Healthy, Leader, Voter, LastContact, LastTerm, LastIndex, StableSince } =
    server;
  return [
    Name,
    ID,
    Address,
    SerfStatus,
    String(Healthy),
    Leader ? "leader" : "follower",
    String(Voter),
    LastContact,
    String(LastTerm),
    String(LastIndex),
    StableSince,
  ];
}
