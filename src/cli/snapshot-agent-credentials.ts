import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandFailure } from "./context.ts";
import { openErrorText } from "./http-settings.ts";

/** Keys of a user of an S3-compatible store. Never printed. */
export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary keys; else empty. */
  readonly sessionToken: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The runtime's S3 client takes these for itself when it is given no token. */
const TOKEN_VARIABLES = ["S3_SESSION_TOKEN", "AWS_SESSION_TOKEN"];

/**
 * The keys given by flags or files, else those of the environment, else those of the shared credentials file. One source
 * gives all of them, because a token belongs to its key. Throws CommandFailure when there are none.
 */
export function findKeys(given: S3Keys, env: Environment): S3Keys {
  const fromEnvironment = {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? "",
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "",
    sessionToken: env.AWS_SESSION_TOKEN ?? "",
  };
  const found = [given, fromEnvironment].find(({ accessKeyId }) => accessKeyId !== "") ?? fromFile(env);
  if (found === undefined || found.accessKeyId === "")
    throw new CommandFailure(
      "No keys for the S3 store: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write them into ~/.aws/credentials",
    );
  if (found.secretAccessKey === "")
    throw new CommandFailure(`The secret of the S3 key ${found.accessKeyId} is missing: set it where the key is set`);
  const stray = TOKEN_VARIABLES.find((name) => env[name] && env[name] !== found.sessionToken);
  if (stray !== undefined)
    throw new CommandFailure(`${stray} belongs to another key than ${found.accessKeyId}: unset it, or unset the key`);
  return found;
}

/** A profile of the file that other programs for S3 share; undefined when there is no such file. */
function fromFile(env: Environment): S3Keys | undefined {
  const file = env.AWS_SHARED_CREDENTIALS_FILE ?? (env.HOME ? join(env.HOME, ".aws/credentials") : undefined);
  const content = file === undefined ? undefined : readIfThere(file, env.AWS_SHARED_CREDENTIALS_FILE !== undefined);
  if (content === undefined) return undefined;
  const profile = env.AWS_PROFILE || "default";
  const values = readProfile(content, profile);
  return {
    accessKeyId: values.get("aws_access_key_id") ?? "",
    secretAccessKey: values.get("aws_secret_access_key") ?? "",
    sessionToken: values.get("aws_session_token") ?? "",
  };
}

function readIfThere(file: string, isDemanded: boolean): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (isMissing && !isDemanded) return undefined;
    throw new CommandFailure(`Error reading the keys for the S3 store: ${openErrorText(file, error)}`);
  }
}

/** The `key = value` lines below `[profile]`. */
function readProfile(content: string, profile: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let isInside = false;
  for (const line of content.split("\n")) {
    const heading = /^\s*\[([^\]]*)\]/.exec(line);
    if (heading !== null) isInside = heading[1]?.trim() === profile;
    const [, key, value] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isInside && key !== undefined) values.set(key.toLowerCase(), value ?? "");
  }
  return values;
}
