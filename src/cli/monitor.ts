import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, orFail } from "./context.ts";
import type { MONITOR_FLAGS } from "./table/agent.ts";

/** `monitor`: the agent's log until the agent ends it or an interrupt comes, which is the usual end and no error. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof MONITOR_FLAGS>): Promise<number> {
  const query = { loglevel: values["log-level"], logjson: values["log-json"] ? "true" : undefined };
  const signal = context.interrupted;
  try {
    const response = await orFail(
      "Error starting monitor",
      context.api.send("GET", "/v1/agent/monitor", { query, signal, streamed: true }),
    );
    for await (const chunk of response.body ?? []) context.out.write(chunk);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return 0;
}
