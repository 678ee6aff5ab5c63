import { logLevelOf } from "../config/log-level.ts";
import type { ParsedFlags } from "../lang/goflags.ts";
import type { LogLevel } from "../ports/logger.ts";
import { CommandFailure } from "./context.ts";
import type { SnapshotAgentConfig } from "./snapshot-agent-config.ts";
import { findKeys, type S3Keys } from "./snapshot-agent-credentials.ts";
import type { SNAPSHOT_AGENT_FLAGS } from "./snapshot-agent-flags.ts";

export type SnapshotAgentFlags = ParsedFlags<typeof SNAPSHOT_AGENT_FLAGS>;

/** Where snapshots are kept. */
export type StoreSettings =
  | { readonly kind: "local"; readonly path: string }
  | ({ readonly kind: "s3" } & S3StoreSettings);

export interface S3StoreSettings extends S3Keys {
  readonly bucket: string;
  readonly region: string;
  /** With the bucket in its host when `isVirtualHosted`. */
  readonly endpoint: string;
  readonly isVirtualHosted: boolean;
  /** Without a slash at its end. */
  readonly keyPrefix: string;
  /** The one key to write; empty for a new one each time. */
  readonly staticName: string;
}

export interface SnapshotAgentSettings {
  /** Over the environment; by the names of the common flags. */
  readonly http: Readonly<Record<string, string | boolean>>;
  /** Empty for that of the agent. */
  readonly datacenter: string;
  readonly logLevel: LogLevel;
  /** 0 for one snapshot only. */
  readonly intervalMs: number;
  /** 0 for all. */
  readonly retain: number;
  readonly maxFailures: number;
  readonly lockKey: string;
  /** Empty for no registration. */
  readonly service: string;
  /** 0 for never. */
  readonly deregisterAfterMs: number;
  readonly store: StoreSettings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Flags over files over the environment over defaults. Throws CommandFailure for what can't be. */
export function snapshotAgentSettings(
  { values, given }: SnapshotAgentFlags,
  config: SnapshotAgentConfig,
  env: Environment,
): SnapshotAgentSettings {
  type Values = SnapshotAgentFlags["values"];
  const pick = <N extends keyof Values>(name: N, fromFile: NonNullable<Values[N]> | null): Values[N] =>
    given.has(name) ? values[name] : (fromFile ?? values[name]);
  const { snapshot, log } = config;
  const http = httpValues(values, config);
  const levelText = pick("log-level", log.level);
  const logLevel = logLevelOf(levelText);
  if (logLevel === undefined)
    throw new CommandFailure(`Invalid log level: ${levelText}. Give trace, debug, info, warn or error`);
  const settings = {
    http,
    datacenter: typeof http.datacenter === "string" ? http.datacenter : "",
    logLevel,
    intervalMs: pick("interval", snapshot.intervalMs),
    retain: pick("retain", snapshot.retain),
    maxFailures: pick("max-failures", snapshot.maxFailures),
    lockKey: pick("lock-key", snapshot.lockKey).replace(/^\/+/, ""),
    service: pick("service", snapshot.service),
    deregisterAfterMs: pick("deregister-after", snapshot.deregisterAfterMs),
  };
  if (settings.intervalMs < 0) throw new CommandFailure("-interval must not be negative; 0 makes one snapshot");
  if (settings.retain < 0) throw new CommandFailure("-retain must not be negative; 0 keeps all snapshots");
  if (settings.maxFailures <= 0) throw new CommandFailure("-max-failures must be positive");
  if (settings.lockKey === "") throw new CommandFailure("-lock-key must name a key");
  const bucket = pick("aws-s3-bucket", config.awsStorage.s3Bucket);
  const store: StoreSettings =
    bucket === ""
      ? { kind: "local", path: pick("local-path", config.localStorage.path) }
      : { kind: "s3", ...s3Store(bucket, pick, config.awsStorage, env) };
  return { ...settings, store };
}

/** The common flags are parsed with the command's own; those that were not given are absent or undefined. */
function httpValues(flags: object, config: SnapshotAgentConfig): Record<string, string | boolean> {
  const files = {
    "http-addr": config.httpAddr,
    token: config.token,
    datacenter: config.datacenter,
    "ca-file": config.caFile,
    "ca-path": config.caPath,
    "client-cert": config.certFile,
    "client-key": config.keyFile,
    "tls-server-name": config.tlsServerName,
    stale: config.snapshot.stale,
    "token-file": null,
  };
  const byFlag: Readonly<Record<string, unknown>> = { ...flags };
  const entries = Object.entries(files).flatMap(([name, fromFile]) => {
    const value = byFlag[name] ?? fromFile;
    return typeof value === "string" || typeof value === "boolean" ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

type Pick = <N extends keyof SnapshotAgentFlags["values"]>(
  name: N,
  fromFile: NonNullable<SnapshotAgentFlags["values"][N]> | null,
) => SnapshotAgentFlags["values"][N];

function s3Store(
  bucket: string,
  pick: Pick,
  aws: SnapshotAgentConfig["awsStorage"],
  env: Environment,
): S3StoreSettings {
  const region = pick("aws-s3-region", aws.s3Region) || env.AWS_REGION || "";
  if (region === "")
    throw new CommandFailure(
      "-aws-s3-region is missing: give the bucket's region, or us-east-1 for a store that has only one",
    );
  const givenEndpoint = pick("aws-s3-endpoint", aws.s3Endpoint) || env.AWS_S3_ENDPOINT || "";
  if (pick("aws-s3-server-side-encryption", aws.s3ServerSideEncryption) && givenEndpoint !== "")
    throw new CommandFailure(
      "-aws-s3-server-side-encryption can't be asked of this endpoint: set it as the bucket's default and leave the flag out",
    );
  const isVirtualHosted = givenEndpoint === "" && !pick("aws-s3-force-path-style", aws.s3ForcePathStyle);
  const keys = {
    accessKeyId: pick("aws-access-key-id", aws.accessKeyId),
    secretAccessKey: pick("aws-secret-access-key", aws.secretAccessKey),
    sessionToken: pick("aws-session-token", aws.sessionToken),
  };
  return {
    bucket,
    region,
    endpoint: givenEndpoint === "" ? amazonEndpoint(bucket, region, isVirtualHosted) : checkedEndpoint(givenEndpoint),
    isVirtualHosted,
    keyPrefix: pick("aws-s3-key-prefix", aws.s3KeyPrefix).replace(/^\/+|\/+$/g, ""),
    staticName: pick("aws-s3-static-snapshot-name", aws.s3StaticSnapshotName),
    ...findKeys(keys, env),
  };
}

function amazonEndpoint(bucket: string, region: string, isVirtualHosted: boolean): string {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://${isVirtualHosted ? `${bucket}.` : ""}s3.${region}.${domain}`;
}

function checkedEndpoint(text: string): string {
  const url = URL.parse(text.includes("://") ? text : `https://${text}`);
  if (url === null || !["http:", "https:"].includes(url.protocol))
    throw new CommandFailure(`-aws-s3-endpoint ${JSON.stringify(text)} is not a URL such as https://s3.example.com`);
  return url.href.replace(/\/$/, "");
}
