import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, orFail } from "./context.ts";
import type { TRANSFER_LEADER_FLAGS } from "./table/operator.ts";

/** `operator raft transfer-leader`. */
export async function run(
  context: CommandContext,
  { values }: ParsedFlags<typeof TRANSFER_LEADER_FLAGS>,
): Promise<number> {
  const query = { id: values.id || undefined };
  await orFail(
    "Error transferring leadership",
    context.api.send("POST", "/v1/operator/raft/transfer-leader", { query }),
  );
  if (values.format === "json") context.out.write(encodeGoJson({ Success: true }, true));
  else context.print("Success");
  return 0;
}
