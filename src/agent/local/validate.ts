/** What Consul refuses of a definition, in its words and in its order. */
import { Refusal } from "../../lib/refusal.ts";
import { HEALTH_STATUSES } from "../../model/check.ts";
import type { ServiceDefinition, SidecarDefinition } from "../../model/definition.ts";
import type { CheckRun } from "../../model/definition-check.ts";
import type { UpstreamDefinition } from "../../model/definition-proxy.ts";
import { serviceMetaProblem } from "../../model/meta-rules.ts";
import { isAnyAddress } from "../../model/service-rules.ts";
import { isAlias, isPolled } from "../checks/kind.ts";
import { checksOf } from "./build.ts";

const WEIGHT_MAX = 65535;

/** Throws a Refusal (400) for the first thing that is wrong with a service, its checks and its sidecar's checks. */
export function validateService(definition: ServiceDefinition | SidecarDefinition): void {
  if (definition.Name === "") throw new Refusal("Missing service name", 400);
  if (isAnyAddress(definition.Address)) throw new Refusal("Invalid service address", 400);
  validateWeights(definition);
  const badMeta = serviceMetaProblem(definition.Meta, definition.Kind);
  if (badMeta !== undefined) throw new Refusal(`Invalid Service Meta: ${badMeta}`, 400);
  const problems = connectProblems(definition);
  if (problems.length > 0) throw new Refusal(multiError(problems), 400);
  validateServiceChecks(definition);
}

/** Throws a Refusal (400) when a check inside a service's definition can't be run. */
export function validateServiceChecks(definition: ServiceDefinition | SidecarDefinition): void {
  for (const check of checksOf(definition)) validateRun(check);
  for (const check of checksOf(definition)) {
    if (check.Status !== "" && !isHealthStatus(check.Status)) {
      throw new Refusal("Status for checks must 'passing', 'warning', 'critical'", 400);
    }
  }
}

/** True for the three statuses that a client may set. */
export function isHealthStatus(status: string): boolean {
  return (HEALTH_STATUSES as readonly string[]).includes(status);
}

/** Throws a Refusal (400) `Invalid check: ...` when the fields contradict each other. */
export function validateRun(run: CheckRun): void {
  const problem = runProblem(run);
  if (problem !== undefined) throw new Refusal(`Invalid check: ${problem}`, 400);
}

function runProblem(run: CheckRun): string | undefined {
  const polled = isPolled(run);
  if (run.Interval > 0 && run.TTL > 0) return "Interval and TTL cannot both be specified";
  if (polled && run.Interval <= 0) return "Interval must be > 0 for Script, HTTP, or TCP checks";
  if (polled && isAlias(run)) return "Interval cannot be set for Alias checks";
  if (isAlias(run) && run.TTL > 0) return "TTL must be not be set for Alias checks";
  if (!polled && !isAlias(run) && run.TTL <= 0) return "TTL must be > 0 for TTL checks";
  if (run.OutputMaxSize < 0) return "MaxOutputMaxSize must be positive";
  if (run.FailuresBeforeWarning > run.FailuresBeforeCritical) {
    return "FailuresBeforeWarning can't be higher than FailuresBeforeCritical";
  }
  return undefined;
}

function validateWeights({ Weights }: ServiceDefinition | SidecarDefinition): void {
  if (Weights === null) return;
  const refuse = (why: string) => new Refusal(`Invalid Weights: ${why}`, 400);
  if (Weights.Passing < 1) throw refuse("Passing must be greater than 0");
  if (Weights.Warning < 0) throw refuse("Warning must be greater or equal than 0");
  if (Weights.Passing > WEIGHT_MAX || Weights.Warning > WEIGHT_MAX) {
    throw refuse("DNS Weight must be between 0 and 65535");
  }
}

function connectProblems(definition: ServiceDefinition | SidecarDefinition): string[] {
  const problems: string[] = [];
  if (definition.Kind === "connect-proxy") problems.push(...proxyProblems(definition));
  if (definition.Kind.endsWith("-gateway")) problems.push(...gatewayProblems(definition));
  const sidecar = definition.Connect?.SidecarService as SidecarDefinition | null | undefined;
  if (sidecar) {
    if (sidecar.ID !== "") problems.push("A SidecarService cannot specify an ID as this is managed by the agent");
    if (sidecar.Connect?.SidecarService) problems.push("A SidecarService cannot have a nested SidecarService");
  }
  return problems;
}

function proxyProblems(definition: ServiceDefinition | SidecarDefinition): string[] {
  const problems: string[] = [];
  if (!definition.Proxy?.DestinationServiceName.trim()) {
    problems.push("Proxy.DestinationServiceName must be non-empty for Connect proxy services");
  }
  if (definition.Port === 0) problems.push("Port must be set for a Connect proxy");
  if (definition.Connect?.Native) problems.push("A Proxy cannot also be Connect Native, only typical services");
  const bound = new Set<string>();
  for (const upstream of definition.Proxy?.Upstreams ?? []) {
    problems.push(...upstreamProblems(upstream));
    if (upstream.LocalBindPort === 0) continue;
    const at = `${upstream.LocalBindAddress || "127.0.0.1"}:${upstream.LocalBindPort}`;
    if (bound.has(at)) {
      problems.push(
        `upstreams cannot contain duplicates by local bind address and port; ${JSON.stringify(at)} is specified twice`,
      );
    }
    bound.add(at);
  }
  return problems;
}

/** One problem an upstream, as Consul stops at its first. */
function upstreamProblems(upstream: UpstreamDefinition): string[] {
  const type = upstream.DestinationType;
  if (type !== "" && type !== "service" && type !== "prepared_query") {
    return [`unknown upstream destination type: ${JSON.stringify(type)}`];
  }
  if (upstream.DestinationName === "") return ["upstream destination name cannot be empty"];
  if (upstream.LocalBindPort === 0 && upstream.LocalBindSocketPath === "") {
    return ["upstream local bind port or local socket path must be defined and nonzero"];
  }
  return [];
}

function gatewayProblems(definition: ServiceDefinition | SidecarDefinition): string[] {
  const { Kind, Proxy: proxy } = definition;
  const problems: string[] = [];
  if (Kind !== "ingress-gateway" && definition.Port === 0) problems.push(`Port must be non-zero for a ${Kind}`);
  const forbidden = (field: string, set: boolean) => {
    if (set) problems.push(`The Proxy.${field} configuration is invalid for a ${Kind}`);
  };
  forbidden("DestinationServiceName", (proxy?.DestinationServiceName ?? "") !== "");
  forbidden("DestinationServiceID", (proxy?.DestinationServiceID ?? "") !== "");
  forbidden("LocalServiceAddress", (proxy?.LocalServiceAddress ?? "") !== "");
  forbidden("LocalServicePort", (proxy?.LocalServicePort ?? 0) !== 0);
  forbidden("Upstreams", (proxy?.Upstreams?.length ?? 0) !== 0);
  return problems;
}

/** The text of Go's multierror: a count, a bulleted list, two final newlines. */
export function multiError(problems: readonly string[]): string {
  const head = problems.length === 1 ? "1 error occurred:" : `${problems.length} errors occurred:`;
  return `${head}\n${problems.map((problem) => `\t* ${problem}\n`).join("")}\n`;
}
