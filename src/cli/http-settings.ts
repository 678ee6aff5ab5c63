import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseGoBool } from "../lang/goflags.ts";
import { CommandFailure, errorText } from "./context.ts";
import { DEFAULT_HTTP_ADDRESS, type HttpAddress, parseHttpAddress } from "./http-address.ts";

/** What a client needs to reach an agent. The secrets in it are never printed. */
export interface HttpSettings {
  readonly address: HttpAddress;
  readonly token: string;
  /** Value of the Authorization header, or empty. */
  readonly authorization: string;
  readonly tls: BunFetchRequestInitTLS | undefined;
  readonly datacenter: string;
  readonly stale: boolean;
}

/** The variables that are true or false. */
const BOOL_VARIABLES = ["HTTP_SSL", "HTTP_SSL_VERIFY"];

type Environment = Readonly<Record<string, string | undefined>>;
type Flags = Readonly<Record<string, unknown>>;

/**
 * Settings from the common flags, then MUSTER_* and then CONSUL_* variables. Throws CommandFailure with Consul's text for
 * a scheme, file or pair of files that can't be used.
 */
export function readHttpSettings(flags: Flags, env: Environment): HttpSettings {
  try {
    return settings(flags, env);
  } catch (error) {
    throw new CommandFailure(`Error connecting to Consul agent: ${errorText(error)}`);
  }
}

function settings(flags: Flags, env: Environment): HttpSettings {
  const pick = (flag: string, variable: string): string => text(flags[flag]) || fromEnvironment(env, variable);
  const useTls = parseGoBool(fromEnvironment(env, "HTTP_SSL")) === true;
  const address = parseHttpAddress(pick("http-addr", "HTTP_ADDR") || DEFAULT_HTTP_ADDRESS, useTls);
  const tokenFile = pick("token-file", "HTTP_TOKEN_FILE");
  // A token file that holds nothing leaves the token given otherwise in force, as in Consul.
  const token = (tokenFile && readToken(tokenFile)) || pick("token", "HTTP_TOKEN");
  const auth = fromEnvironment(env, "HTTP_AUTH");
  return {
    address,
    token,
    authorization: auth === "" ? "" : `Basic ${Buffer.from(auth.includes(":") ? auth : `${auth}:`).toString("base64")}`,
    tls: readTls(pick, parseGoBool(fromEnvironment(env, "HTTP_SSL_VERIFY")) !== false),
    datacenter: text(flags.datacenter),
    stale: flags.stale === true,
  };
}

/** A line for each variable that should be a bool and is not, and therefore has no effect. */
export function environmentWarnings(env: Environment): string[] {
  return BOOL_VARIABLES.flatMap((name) => {
    const value = fromEnvironment(env, name);
    if (value === "" || parseGoBool(value) !== undefined) return [];
    const variable = env[`MUSTER_${name}`] ? `MUSTER_${name}` : `CONSUL_${name}`;
    const reason = `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`;
    return [`[WARN]  consul-api: could not parse ${variable}: error="${reason}"`];
  });
}

/** A variable by either name: MUSTER_X before CONSUL_X; empty when neither is set. */
export function fromEnvironment(env: Environment, name: string): string {
  return env[`MUSTER_${name}`] || env[`CONSUL_${name}`] || "";
}

function readTls(
  pick: (flag: string, variable: string) => string,
  verify: boolean,
): BunFetchRequestInitTLS | undefined {
  const caFile = pick("ca-file", "CACERT");
  const caPath = pick("ca-path", "CAPATH");
  const certFile = pick("client-cert", "CLIENT_CERT");
  const keyFile = pick("client-key", "CLIENT_KEY");
  const serverName = pick("tls-server-name", "TLS_SERVER_NAME");
  if ((certFile === "") !== (keyFile === "")) throw new Error("both client cert and client key must be provided");
  const tls: BunFetchRequestInitTLS = {};
  const authorities = readAuthorities(caFile, caPath);
  if (authorities.length > 0) tls.ca = authorities;
  if (certFile !== "") {
    tls.cert = readText(certFile);
    tls.key = readText(keyFile);
  }
  if (serverName !== "") tls.serverName = serverName;
  if (!verify) tls.rejectUnauthorized = false;
  return Object.keys(tls).length === 0 ? undefined : tls;
}

function readAuthorities(file: string, directory: string): string[] {
  if (file !== "") return [labelled("Error loading CA File", () => readText(file))];
  if (directory === "") return [];
  return labelled("Error loading CA Path", () => readdirSync(directory).map((name) => readText(join(directory, name))));
}

function readToken(file: string): string {
  return labelled("Error loading token file", () => readText(file)).trim();
}

function labelled<T>(label: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${label}: ${errorText(error)}`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(openErrorText(file, error));
  }
}

/** Why a file could not be opened, in Go's words. */
export function openErrorText(file: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return `open ${file}: ${REASONS[code] ?? errorText(error)}`;
}

const REASONS: Record<string, string> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
};

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
