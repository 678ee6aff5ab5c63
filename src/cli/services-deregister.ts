import type { ParsedFlags } from "../lang/goflags.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { SERVICES_DEREGISTER_FLAGS } from "./table/services.ts";

/** `services deregister`: services of files, or the one with the given ID. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof SERVICES_DEREGISTER_FLAGS>,
): Promise<number> {
  if (args.length === 0 && values.id === "")
    throw new CommandFailure("Service deregistration requires at least one argument or -id.");
  if (args.length > 0 && values.id !== "")
    throw new CommandFailure("Service deregistration requires arguments or -id, not both.");
  const services = args.length === 0 ? [] : await orFail("Error", context.loadServices(args));
  for (const id of args.length === 0 ? [values.id] : services.map(({ ID, Name }) => ID || Name)) {
    const work = context.api.put(`/v1/agent/service/deregister/${id}`);
    await orFail(`Error deregistering service ${JSON.stringify(id)}`, work);
    context.print(`Deregistered service: ${id}`);
  }
  return 0;
}
