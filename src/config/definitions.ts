/** Services and checks of files, in the shape of the HTTP API. */
import { parseDurationNs } from "../lib/duration.ts";
import { serviceMetaProblem } from "../model/meta-rules.ts";
import type { Definition } from "./config.ts";
import { isRaw, type Raw, type RawValue } from "./raw.ts";
import { CHECK_DEFINITION } from "./schema/check-definition.ts";
import type { Key, Section } from "./schema/key.ts";
import { SERVICE_DEFINITION } from "./schema/service-definition.ts";

const CHECK_DURATIONS = ["interval", "timeout", "ttl", "deregister_critical_service_after"];

/** Services as definitions; what Consul refuses about them is added to `errors`. */
export function buildServices(raws: readonly Raw[], errors: string[]): Definition[] {
  return raws.map((raw) => {
    vetService(raw, errors);
    return toApi(SERVICE_DEFINITION, raw);
  });
}

/** Checks of the node as definitions; bad durations are added to `errors`. */
export function buildChecks(raws: readonly Raw[], errors: string[]): Definition[] {
  return raws.map((raw) => {
    vetCheck(raw, errors);
    // A service's own check says CheckID and a check of the node says ID.
    const { CheckID, ...rest } = toApi(CHECK_DEFINITION, raw);
    return CheckID === undefined ? rest : { ID: CheckID, ...rest };
  });
}

function toApi(keys: Section, raw: Raw): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    const key = keys[name];
    if (key?.api !== undefined) result[key.api] = valueToApi(key, value);
  }
  if (isRaw(result.Weights)) result.Weights = { Passing: 1, Warning: 1, ...result.Weights };
  return result;
}

function valueToApi(key: Key, value: RawValue): unknown {
  if (key.kind === "definition") return isRaw(value) ? toApi(key.keys(), value) : null;
  if (key.kind === "definition-list") return asRaws(value).map((item) => toApi(key.keys(), item));
  if (key.kind === "definition-map")
    return Object.fromEntries(
      Object.entries(isRaw(value) ? value : {}).map(([name, item]) => [
        name,
        toApi(key.keys(), isRaw(item) ? item : {}),
      ]),
    );
  return value;
}

/** The objects of a list. */
export function asRaws(value: RawValue): Raw[] {
  return Array.isArray(value) ? value.filter(isRaw) : [];
}

function vetCheck(raw: Raw, errors: string[]): void {
  for (const name of CHECK_DURATIONS) {
    const text = raw[name];
    if (typeof text !== "string" || text === "") continue;
    try {
      parseDurationNs(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      errors.push(`check[${raw.id ?? ""}].${name}: invalid duration: ${JSON.stringify(text)}: ${why}`);
    }
  }
}

const WEIGHT_MAX = 65535;

function vetService(raw: Raw, errors: string[]): void {
  const name = String(raw.name ?? "");
  if (isRaw(raw.check)) vetCheck(raw.check, errors);
  for (const check of asRaws(raw.checks)) vetCheck(check, errors);
  const fault = isRaw(raw.meta) ? serviceMetaProblem(textsOf(raw.meta), String(raw.kind ?? "")) : undefined;
  if (fault !== undefined) errors.push(`invalid meta for service ${name}: ${fault}`);
  if (isRaw(raw.weights)) {
    const { passing = 1, warning = 1 } = raw.weights;
    if (Number(passing) < 1)
      errors.push(`Invalid weight definition for service ${name}: Passing must be greater than 0`);
    else if (Number(passing) > WEIGHT_MAX || Number(warning) > WEIGHT_MAX)
      errors.push(`Invalid weight definition for service ${name}: DNS Weight must be between 0 and ${WEIGHT_MAX}`);
    else if (Number(warning) < 0)
      errors.push(`Invalid weight definition for service ${name}: Warning must be greater or equal than 0`);
  }
  if (isRaw(raw.connect) && isRaw(raw.connect.sidecar_service)) vetService(raw.connect.sidecar_service, errors);
}

const textsOf = (raw: Raw): Record<string, string> =>
  Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, String(value)]));

/** What the kind of a service asks for and the definition lacks, in Consul's words. */
export function serviceFaults(service: Definition): string[] {
  const { Kind, Port, SocketPath } = service;
  const hasPort = typeof Port === "number" && Port !== 0;
  if (Kind === "connect-proxy") {
    const target = isRaw(service.Proxy) ? service.Proxy.DestinationServiceName : undefined;
    const faults = [];
    if (typeof target !== "string" || target.trim() === "")
      faults.push("Proxy.DestinationServiceName must be non-empty for Connect proxy services");
    if (!hasPort && !SocketPath) faults.push("Port must be set for a Connect proxy");
    return faults;
  }
  if (!hasPort && ["mesh-gateway", "terminating-gateway"].includes(String(Kind)))
    return [`Port must be non-zero for a ${Kind}`];
  return [];
}
