import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, orFail } from "./context.ts";
import type { REACHABILITY_FLAGS } from "./table/gossip.ts";

interface Reachability {
  readonly Members: number;
  readonly Live: readonly string[];
  readonly Acks: readonly { readonly Name: string; readonly AfterMs: number }[];
  readonly Missing: readonly string[];
  readonly Unexpected: readonly string[];
}

const TIPS = [
  "This could mean gossip packets are being lost due to a misconfiguration or network issue.",
  "",
  "Troubleshooting tips:",
  "* Ensure that the bind addr:port is accessible by all other nodes",
  "* If an advertise address is set, ensure it routes to the bind address",
  "* Check that no nodes are behind a NAT",
  "* If nodes are behind firewalls or iptables, check that gossip traffic is permitted (UDP and TCP)",
  "* Verify networking equipment is functional",
];

/** `reachability`: what `serf reachability` prints, by way of the agent. */
export async function run(
  context: CommandContext,
  { values }: ParsedFlags<typeof REACHABILITY_FLAGS>,
): Promise<number> {
  const query = { wan: values.wan ? "1" : undefined };
  const isPretty = values.format !== "json";
  if (isPretty) context.print("Starting reachability test...");
  const work = context.api.get<Reachability>("/v1/agent/reachability", { query });
  const found = await orFail("Error testing reachability", work);
  const exit = found.Missing.length === 0 ? 0 : 1;
  if (!isPretty) {
    context.out.write(encodeGoJson(found, true));
    return exit;
  }
  context.print(`Total members: ${found.Members}, live members: ${found.Live.length}`);
  if (values.verbose)
    for (const { Name, AfterMs } of found.Acks) context.print(`\tAck from '${Name}' after ${AfterMs} ms`);
  told(context, "Received acks from members that do not count as alive:", found.Unexpected);
  if (exit === 0) context.print("Successfully contacted all live nodes");
  else {
    told(context, "Received less acks than live nodes! Missing acks from:", found.Missing);
    for (const line of TIPS) context.print(line);
  }
  return exit;
}

function told(context: CommandContext, what: string, names: readonly string[]): void {
  if (names.length === 0) return;
  context.print(what);
  for (const name of names) context.print(`\t${name}`);
}
