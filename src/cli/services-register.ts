import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, errorText, orFail } from "./context.ts";
import type { SERVICES_REGISTER_FLAGS } from "./table/services.ts";

type Parsed = ParsedFlags<typeof SERVICES_REGISTER_FLAGS>;

/** The body of a registration; only what was said, the agent knows the defaults. */
interface Registration {
  readonly Name: string;
}

/** `services register`: services of files, or the one that the flags describe. */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  if (args.length === 0 && values.name === "")
    throw new CommandFailure("Service registration requires at least one argument or flags.");
  if (args.length > 0 && (values.id !== "" || values.name !== ""))
    throw new CommandFailure("Service registration requires arguments or -id, not both.");
  const services = args.length === 0 ? [fromFlags(values)] : await orFail("Error", context.loadServices(args));
  for (const service of services) {
    const work = context.api.put("/v1/agent/service/register", { body: encodeGoJson(service) });
    await orFail(`Error registering service ${JSON.stringify(service.Name)}`, work);
    context.print(`Registered service: ${service.Name}`);
  }
  return 0;
}

function fromFlags(values: Parsed["values"]): Registration {
  return {
    ...(values.kind === "" ? {} : { Kind: values.kind }),
    ...(values.id === "" ? {} : { ID: values.id }),
    Name: values.name,
    ...(values.tag === undefined ? {} : { Tags: values.tag }),
    ...(values.port === 0 ? {} : { Port: values.port }),
    ...(values.address === "" ? {} : { Address: values.address }),
    ...(values["tagged-address"] === undefined ? {} : { TaggedAddresses: readAddresses(values["tagged-address"]) }),
    ...(values.meta === undefined ? {} : { Meta: values.meta }),
  };
}

function readAddresses(texts: Readonly<Record<string, string>>): Record<string, { Address: string; Port: number }> {
  try {
    return Object.fromEntries(Object.entries(texts).map(([tag, text]) => [tag, splitHostPort(text)]));
  } catch (error) {
    throw new CommandFailure(`Invalid Tagged Address: ${errorText(error)}`);
  }
}

function splitHostPort(text: string): { Address: string; Port: number } {
  const [, host = "", port = ""] = /^(.*):(.*)$/.exec(text) ?? [];
  if (port === "" && !text.endsWith(":")) throw new Error(`address ${text}: missing port in address`);
  if (host.includes(":") && !/^\[.*\]$/.test(host)) throw new Error(`address ${text}: too many colons in address`);
  if (!/^\d+$/.test(port)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
  return { Address: host.replace(/^\[(.*)\]$/, "$1"), Port: Number(port) };
}
