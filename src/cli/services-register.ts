import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { type CommandContext, CommandFailure, errorText, orFail } from "./context.ts";
import { serviceBody } from "./service-body.ts";
import type { SERVICES_REGISTER_FLAGS } from "./table/services.ts";

type Parsed = ParsedFlags<typeof SERVICES_REGISTER_FLAGS>;

/** `services register`: services of files, or the one that the flags describe. */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  if (args.length === 0 && values.name === "")
    throw new CommandFailure("Service registration requires at least one argument or flags.");
  if (args.length > 0 && (values.id !== "" || values.name !== ""))
    throw new CommandFailure("Service registration requires arguments or -id, not both.");
  if (args.length === 0) await register(context, values.name, fromFlags(values));
  else
    for (const service of await orFail("Error", context.loadServices(args)))
      await register(context, service.Name, serviceBody(service));
  return 0;
}

async function register(context: CommandContext, name: string, body: Readonly<Record<string, unknown>>): Promise<void> {
  const work = context.api.put("/v1/agent/service/register", { body: encodeGoJson(body) });
  await orFail(`Error registering service ${JSON.stringify(name)}`, work);
  context.print(`Registered service: ${name}`);
}

/** The body of a registration; only what was said, the agent knows the defaults. */
function fromFlags(values: Parsed["values"]): Readonly<Record<string, unknown>> {
  return {
    ...(values.kind === "" ? {} : { Kind: values.kind }),
    ...(values.id === "" ? {} : { ID: values.id }),
    Name: values.name,
    ...(values.tag === undefined ? {} : { Tags: values.tag }),
    ...(values.port === 0 ? {} : { Port: values.port }),
    ...(values.address === "" ? {} : { Address: values.address }),
    ...(values.socket === "" ? {} : { SocketPath: values.socket }),
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
