/**
 * What a user says a service or a check is: the body of the agent's register calls, and what configuration files hold.
 * Absent fields have Go's zero value (null for maps, lists and nested objects), durations are nanoseconds.
 */
import { z } from "zod";
import { StringMap } from "./common.ts";
import { CheckDefinition, ServiceCheckDefinition } from "./definition-check.ts";
import { ProxyDefinition } from "./definition-proxy.ts";
import { alias, decodeGo, goBool, goInt, goString, goStrings } from "./go-decode.ts";

const Address = z.object({ Address: goString(), Port: goInt() }).meta({ go: { type: "structs.ServiceAddress" } });

const Weights = z.object({ Passing: goInt(), Warning: goInt() }).meta({ go: { type: "structs.Weights" } });

const service = {
  Kind: goString(),
  ID: goString(),
  Name: goString(),
  Tags: goStrings(),
  Address: goString(),
  TaggedAddresses: alias(z.record(z.string(), Address).nullable().default(null), "tagged_addresses"),
  Meta: StringMap.nullable().default(null),
  Port: goInt(),
  SocketPath: alias(goString(), "socket_path"),
  Check: ServiceCheckDefinition.nullable().default(null),
  Checks: z.array(ServiceCheckDefinition).nullable().default(null),
  Weights: Weights.nullable().default(null),
  /** From files only; over HTTP the request's token counts. */
  Token: goString(),
  EnableTagOverride: alias(goBool(), "enable_tag_override"),
  Proxy: ProxyDefinition.nullable().default(null),
};

/** A sidecar inside its service's definition. It can't have one itself, which is refused with its own text. */
export const SidecarDefinition = z
  .object({
    ...service,
    Connect: z
      .object({ Native: goBool(), SidecarService: alias(z.unknown(), "sidecar_service") })
      .meta({ go: { lenient: true } })
      .nullable()
      .default(null),
  })
  .meta({ go: { type: "structs.ServiceDefinition" } });
export type SidecarDefinition = z.infer<typeof SidecarDefinition>;

/** A service with its checks. Consul ignores unknown keys inside `Connect`, and there only. */
export const ServiceDefinition = z.object({
  ...service,
  Connect: z
    .object({ Native: goBool(), SidecarService: alias(SidecarDefinition.nullable().default(null), "sidecar_service") })
    .meta({ go: { lenient: true } })
    .nullable()
    .default(null),
});
export type ServiceDefinition = z.infer<typeof ServiceDefinition>;

/** A service's definition from decoded JSON; throws a Refusal (400) with Go's text, such as `json: unknown field "X"`. */
export function decodeServiceDefinition(json: unknown): ServiceDefinition {
  return decodeGo(ServiceDefinition, json ?? {});
}

/** A check's definition from decoded JSON; throws like `decodeServiceDefinition`. */
export function decodeCheckDefinition(json: unknown): CheckDefinition {
  return decodeGo(CheckDefinition, json ?? {});
}
