import { z } from "zod";
import { formatDurationNs } from "../lib/duration.ts";
import type { HealthCheck } from "./check.ts";
import { goBool, goDuration, goInt, goString, goStrings } from "./go-decode.ts";
import { filled, sortedDeep } from "./proxy-shape.ts";

/** How a check is run, as a catalog registration states it. Consul ignores unknown keys here, unlike anywhere else. */
const DefinitionBody = z
  .object({
    Interval: goDuration(),
    Timeout: goDuration(),
    DeregisterCriticalServiceAfter: goDuration(),
    HTTP: goString(),
    TLSSkipVerify: goBool(),
    Header: z.record(z.string(), z.array(z.string())).nullable().default(null),
    Method: goString(),
    Body: goString(),
    TCP: goString(),
    OutputMaxSize: goInt(),
    ScriptArgs: goStrings(),
    DockerContainerID: goString(),
    Shell: goString(),
    GRPC: goString(),
    GRPCUseTLS: goBool(),
    AliasNode: goString(),
    AliasService: goString(),
    TTL: goDuration(),
  })
  .meta({ go: { lenient: true, type: "structs.HealthCheckDefinition" } });
type DefinitionBody = z.output<typeof DefinitionBody>;

export const CheckBody = z
  .object({
    Node: goString(),
    CheckID: goString(),
    Name: goString(),
    Status: goString(),
    Notes: goString(),
    Output: goString(),
    ServiceID: goString(),
    ServiceName: goString(),
    ServiceTags: goStrings(),
    Type: goString(),
    Definition: DefinitionBody.nullable().default(null),
    CreateIndex: goInt(),
    ModifyIndex: goInt(),
  })
  .meta({ go: { type: "structs.HealthCheck" } });
export type CheckBody = z.output<typeof CheckBody>;

/** A check as the catalog keeps it: the id from the name, the type from the definition, the definition as Consul prints it. */
export function checkFromBody(body: CheckBody): HealthCheck {
  const { Definition, ServiceTags, ...rest } = body;
  return {
    Node: rest.Node,
    CheckID: rest.CheckID || rest.Name,
    Name: rest.Name,
    Status: rest.Status,
    Notes: rest.Notes,
    Output: rest.Output,
    ServiceID: rest.ServiceID,
    ServiceName: rest.ServiceName,
    ServiceTags: ServiceTags ?? [],
    Type: rest.Type || (Definition === null ? "" : typeOf(Definition)),
    Definition: Definition === null ? {} : printed(Definition),
    CreateIndex: rest.CreateIndex,
    ModifyIndex: rest.ModifyIndex,
  };
}

/** Durations are Go texts except TTL, which Consul 1.8.7 prints as a number of nanoseconds (observed). */
function printed(definition: DefinitionBody): Record<string, unknown> {
  const text = (ns: number) => (ns === 0 ? "" : formatDurationNs(ns));
  return filled({
    ...definition,
    Interval: text(definition.Interval),
    Timeout: text(definition.Timeout),
    DeregisterCriticalServiceAfter: text(definition.DeregisterCriticalServiceAfter),
    Header: sortedDeep(definition.Header),
  });
}

/** The kind of a check, in Consul's order; what is polled needs an interval to count (observed, 1.8.7). */
function typeOf(definition: DefinitionBody): string {
  const polled = definition.Interval > 0;
  const isScript = (definition.ScriptArgs?.length ?? 0) > 0;
  if (definition.GRPC !== "" && polled) return "grpc";
  if (definition.HTTP !== "" && polled) return "http";
  if (definition.TTL > 0) return "ttl";
  if (definition.TCP !== "" && polled) return "tcp";
  if (definition.AliasNode !== "" || definition.AliasService !== "") return "alias";
  if (isScript && definition.DockerContainerID !== "" && polled) return "docker";
  return isScript ? "script" : "";
}
