import { HclError } from "../lang/hcl/error.ts";
import { parseHcl } from "../lang/hcl/parse.ts";
import { decodeGoJson } from "../lib/go-json.ts";
import { Refusal } from "../lib/refusal.ts";
import type { ConfigEntry } from "../model/config-entry/config-entry.ts";
import { decodeConfigEntry } from "../model/config-entry/decode.ts";
import { isObject } from "../model/config-entry/go-value.ts";
import { withoutBlocks } from "./config-entry-blocks.ts";
import { type CommandContext, CommandFailure, errorText } from "./context.ts";
import { readDataArgument } from "./data-argument.ts";

/** The entry of a file, or of standard input for `-`. Throws CommandFailure in Consul's words. */
export async function readConfigEntry(context: CommandContext, file: string): Promise<ConfigEntry> {
  const text = await readText(context, file);
  try {
    return withoutBlocks(decodeConfigEntry(parse(text)));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new CommandFailure(`Failed to decode config entry input: ${error.message}`);
  }
}

/** How commands name an entry. The mesh is the only one of its kind, and named after it. */
export function entryName({ Kind, Name }: ConfigEntry): string {
  return `${Kind}/${Name || (Kind === "mesh" ? Kind : "")}`;
}

async function readText(context: CommandContext, file: string): Promise<string> {
  try {
    return new TextDecoder().decode(await readDataArgument(context, file === "-" ? file : `@${file}`));
  } catch (error) {
    throw new CommandFailure(`Failed to load data: ${errorText(error)}`);
  }
}

/** JSON when the text begins as an object, else HCL. */
function parse(text: string): unknown {
  try {
    if (!/^\s*\{/.test(text)) return parseHcl(text);
    const json = decodeGoJson(text);
    if (isObject(json)) return json;
    throw new SyntaxError("it is no object");
  } catch (error) {
    if (!(error instanceof HclError || error instanceof SyntaxError)) throw error;
    throw new Refusal(`Failed to decode config entry input: ${error.message}`, 400);
  }
}
