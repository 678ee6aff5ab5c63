import { z } from "zod";
import { alias, goBool, goDuration, goInt, goString, goStrings } from "./go-decode.ts";

const Headers = z.record(z.string(), z.array(z.string())).nullable().default(null);

/** How a check is run. Which kind it is follows from the fields that are set (see `agent/checks/kind.ts`). */
const how = {
  Name: goString(),
  Status: goString(),
  Notes: goString(),
  ScriptArgs: alias(goStrings(), "args", "script_args"),
  HTTP: goString(),
  Header: Headers,
  Method: goString(),
  Body: goString(),
  DisableRedirects: goBool(),
  TCP: goString(),
  TCPUseTLS: goBool(),
  UDP: goString(),
  H2PING: goString(),
  /** Null when nobody said; then with TLS. */
  H2PingUseTLS: z.boolean().nullable().default(null),
  OSService: goString(),
  GRPC: goString(),
  GRPCUseTLS: goBool(),
  TLSServerName: goString(),
  TLSSkipVerify: alias(goBool(), "tls_skip_verify"),
  DockerContainerID: alias(goString(), "docker_container_id"),
  Shell: goString(),
  AliasNode: goString(),
  AliasService: goString(),
  TTL: goDuration(),
  Interval: goDuration(),
  Timeout: goDuration(),
  DeregisterCriticalServiceAfter: goDuration("deregister_critical_service_after"),
  /** Bytes of output that are kept; 0 for the agent's own limit. */
  OutputMaxSize: goInt(),
  SuccessBeforePassing: goInt(),
  FailuresBeforeWarning: goInt(),
  FailuresBeforeCritical: goInt(),
};

/** A check inside a service's definition. Consul takes and ignores a service id there. */
export const ServiceCheckDefinition = z
  .object({ CheckID: goString(), ...how })
  .meta({ go: { type: "structs.CheckType", ignored: ["serviceid", "service_id", "proxyhttp", "proxygrpc"] } });
export type ServiceCheckDefinition = z.infer<typeof ServiceCheckDefinition>;

/** A check of its own, as `PUT /v1/agent/check/register` and the `check` blocks of files define it. */
export const CheckDefinition = z.object({
  ID: goString(),
  ServiceID: alias(goString(), "service_id"),
  Token: goString(),
  ...how,
});
export type CheckDefinition = z.infer<typeof CheckDefinition>;

/** How to run a check, without whose it is. */
export type CheckRun = Omit<ServiceCheckDefinition, "CheckID">;
