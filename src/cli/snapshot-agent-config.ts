import { type BuiltOf, build } from "../config/camel.ts";
import { decodeRaw } from "../config/decode.ts";
import { mergeRaw } from "../config/merge.ts";
import { isRaw, type Raw } from "../config/raw.ts";
import { anyMap, bool, int, optionalDuration, section, string } from "../config/schema/key.ts";
import { type ConfigSource, readSource } from "../config/sources.ts";
import { CommandFailure, errorText } from "./context.ts";

// Texts of keys are for tables that show them; nobody shows these.
const text = () => string(null, "");
const yesOrNo = () => bool(null, "");

/** Consul Enterprise's section; `null` where the files say nothing. */
const SNAPSHOT_AGENT_KEYS = {
  http_addr: text(),
  token: text(),
  datacenter: text(),
  ca_file: text(),
  ca_path: text(),
  cert_file: text(),
  key_file: text(),
  license_path: text(),
  tls_server_name: text(),
  login: section("", { auth_method: text(), bearer_token: text(), bearer_token_file: text(), meta: anyMap("") }),
  log: section("", { level: text(), enable_syslog: yesOrNo(), syslog_facility: text() }),
  snapshot: section("", {
    interval: optionalDuration(""),
    retain: int(null, ""),
    stale: yesOrNo(),
    service: text(),
    deregister_after: optionalDuration(""),
    lock_key: text(),
    max_failures: int(null, ""),
    local_scratch_path: text(),
  }),
  local_storage: section("", { path: text() }),
  aws_storage: section("", {
    access_key_id: text(),
    secret_access_key: text(),
    session_token: text(),
    iam_endpoint: text(),
    role_arn: text(),
    role_session_name: text(),
    web_identity_token_file: text(),
    sts_endpoint: text(),
    s3_region: text(),
    s3_bucket: text(),
    s3_endpoint: text(),
    s3_key_prefix: text(),
    s3_server_side_encryption: yesOrNo(),
    s3_static_snapshot_name: text(),
    s3_force_path_style: yesOrNo(),
    s3_enable_kms: yesOrNo(),
    s3_kms_key: text(),
  }),
  azure_blob_storage: section("", {
    account_name: text(),
    account_key: text(),
    container_name: text(),
    environment: text(),
  }),
  google_storage: section("", { bucket: text() }),
};

/** What the files say; `null` for what they leave open. */
export type SnapshotAgentConfig = BuiltOf<typeof SNAPSHOT_AGENT_KEYS>;

/**
 * The `snapshot_agent` sections of files, later ones over earlier ones. Throws CommandFailure when there are files and
 * none has such a section, as Consul's does, or when one can't be read or says what can't be done here.
 */
export function readSnapshotAgentConfig(sources: readonly ConfigSource[]): SnapshotAgentConfig {
  try {
    const sections = sources.flatMap((source) => {
      const found = readSource(source).snapshot_agent;
      return isRaw(found) ? [decode(source.name, found)] : [];
    });
    if (sources.length > 0 && sections.length === 0)
      throw new Error("no file has a 'snapshot_agent' section; add one, or leave -config-file and -config-dir out");
    const errors: string[] = [];
    const config = build(SNAPSHOT_AGENT_KEYS, sections.reduce(mergeRaw, {}), errors, "snapshot_agent.");
    errors.push(...impossible(config));
    if (errors.length > 0) throw new Error(errors.join("; "));
    return config;
  } catch (error) {
    throw new CommandFailure(`Error reading configuration: ${errorText(error).trimEnd()}`);
  }
}

function decode(file: string, found: Raw): Raw {
  try {
    // The reader of the file has already taken HCL's lists of objects away.
    return decodeRaw(SNAPSHOT_AGENT_KEYS, found, "json");
  } catch (error) {
    throw new Error(`${file}: snapshot_agent: ${errorText(error)}`);
  }
}

/** A key that would have to do something is never passed over in silence. */
function impossible({ login, log, awsStorage, azureBlobStorage, googleStorage }: SnapshotAgentConfig): string[] {
  const roles = ["iamEndpoint", "roleArn", "roleSessionName", "webIdentityTokenFile", "stsEndpoint"] as const;
  const cases: readonly (readonly [unknown, string])[] = [
    [login.authMethod, "snapshot_agent.login: a token can't be obtained by a login; give one with 'token'"],
    [
      log.enableSyslog,
      "snapshot_agent.log.enable_syslog: the log goes to standard output; let journald or logger(1) take it",
    ],
    [roles.some((key) => awsStorage[key]), "snapshot_agent.aws_storage: roles can't be assumed; give keys of a user"],
    [
      azureBlobStorage.containerName,
      "snapshot_agent.azure_blob_storage: only directories and stores that speak S3 are known",
    ],
    [
      googleStorage.bucket,
      "snapshot_agent.google_storage: use Google's S3 interface, with 's3_endpoint' https://storage.googleapis.com",
    ],
    [
      awsStorage.s3EnableKms || awsStorage.s3KmsKey,
      "snapshot_agent.aws_storage.s3_enable_kms: set the key as the bucket's default encryption and leave this out",
    ],
  ];
  return cases.flatMap(([isWanted, why]) => (isWanted ? [why] : []));
}
