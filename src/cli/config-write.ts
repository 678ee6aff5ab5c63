import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import type { ConfigEntry } from "../model/config-entry/config-entry.ts";
import { printConfigEntry } from "../model/config-entry/print.ts";
import { entryName, readConfigEntry } from "./config-entry-file.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import type { CONFIG_WRITE_FLAGS } from "./table/config.ts";

/** `config write`: the entry of one file. With -cas an index of 0 means that there must be none, as in Consul. */
export async function run(
  context: CommandContext,
  { values, args }: ParsedFlags<typeof CONFIG_WRITE_FLAGS>,
): Promise<number> {
  const [file] = args;
  if (file === undefined || args.length > 1)
    throw new CommandFailure("Must provide exactly one positional argument to specify the config entry to write");
  const entry = await readConfigEntry(context, file);
  const query = values.cas ? { cas: String(values["modify-index"]) } : {};
  const name = entryName(entry);
  const write = context.api.put("/v1/config", { query, body: bodyOf(entry) });
  const answer = await orFail(`Error writing config entry ${name}`, write);
  if (!answer.includes("true")) throw new CommandFailure(`Config entry not updated: ${name}`);
  context.print(`Config entry written: ${name}`);
  return 0;
}

/** As it is printed, so that a server that lacks a field of this version refuses only entries that use it. */
function bodyOf(entry: ConfigEntry): string {
  const { CreateIndex, ModifyIndex, ...body } = printConfigEntry({ ...entry, CreateIndex: 0, ModifyIndex: 0 });
  return encodeGoJson(body);
}
