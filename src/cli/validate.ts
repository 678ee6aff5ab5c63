import type { ParsedFlags } from "../lang/goflags.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import type { ConfigVerdict } from "./context.ts";
import { type CommandContext, CommandFailure, errorText } from "./context.ts";
import type { VALIDATE_FLAGS } from "./table/local.ts";

type Parsed = ParsedFlags<typeof VALIDATE_FLAGS>;

/** `validate`: exit code 0 when the agent would start with this configuration. */
export async function run(context: CommandContext, { values, args }: Parsed): Promise<number> {
  if (args.length === 0) throw new CommandFailure("Must specify at least one config file or directory");
  const format = values["config-format"];
  if (!["", "hcl", "json"].includes(format)) throw new CommandFailure("-config-format must be either 'hcl' or 'json'");
  const verdict = await judge(context, args, format);
  const valid = verdict.errors.length === 0;
  if (values.format === "json") {
    context.out.write(encodeGoJson({ Valid: valid, Errors: verdict.errors, Warnings: verdict.warnings }, true));
    return valid ? 0 : 1;
  }
  if (!valid) throw new CommandFailure(`Config validation failed: ${verdict.errors.join("\n")}`);
  for (const warning of verdict.warnings) context.complain(warning);
  if (!values.quiet) context.print("Configuration is valid!");
  return 0;
}

async function judge(context: CommandContext, paths: readonly string[], format: string): Promise<ConfigVerdict> {
  try {
    return await context.validateConfig(paths, { format });
  } catch (error) {
    return { errors: [errorText(error)], warnings: [] };
  }
}
