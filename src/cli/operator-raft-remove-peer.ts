import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { REMOVE_PEER_FLAGS } from "./table/operator.ts";

/** `operator raft remove-peer`. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof REMOVE_PEER_FLAGS>): Promise<number> {
  const { address, id } = values;
  if (address === "" && id === "") {
    throw new CommandFailure("Error removing peer: an address or id is required for the peer to remove");
  }
  if (address !== "" && id !== "") {
    throw new CommandFailure("Error removing peer: cannot give both an address and id");
  }
  const query = id === "" ? { address } : { id };
  await orFail("Error removing peer", context.api.delete("/v1/operator/raft/peer", { query }));
  context.print(`Removed peer with ${id === "" ? "address" : "id"} ${JSON.stringify(id || address)}`);
  return 0;
}
