import type { CheckRun } from "../../model/definition-check.ts";

export const CHECK_KINDS = [
  "alias",
  "ttl",
  "docker",
  "script",
  "http",
  "tcp",
  "udp",
  "grpc",
  "h2ping",
  "os_service",
] as const;
export type CheckKind = (typeof CHECK_KINDS)[number];

/** Id prefix and type of the checks that stand for maintenance; nothing runs them. */
export const MAINTENANCE = "maintenance";

const hasArgs = (run: CheckRun) => (run.ScriptArgs?.length ?? 0) > 0;
export const isAlias = (run: CheckRun) => run.AliasNode !== "" || run.AliasService !== "";

/** True when the check asks something again and again, and so needs an interval. */
export function isPolled(run: CheckRun): boolean {
  return hasArgs(run) || [run.HTTP, run.TCP, run.UDP, run.GRPC, run.H2PING, run.OSService].some((it) => it !== "");
}

/** The kind that the filled fields choose, in Consul's order of precedence; undefined when none fits. */
export function checkKind(run: CheckRun): CheckKind | undefined {
  if (isAlias(run)) return "alias";
  if (run.TTL > 0) return "ttl";
  if (run.Interval <= 0) return undefined;
  if (run.HTTP !== "") return "http";
  if (run.TCP !== "") return "tcp";
  if (run.UDP !== "") return "udp";
  if (run.GRPC !== "") return "grpc";
  if (run.H2PING !== "") return "h2ping";
  if (run.OSService !== "") return "os_service";
  if (!hasArgs(run)) return undefined;
  return run.DockerContainerID === "" ? "script" : "docker";
}

/** The catalog's `Type` of a check; empty when nothing runs it. */
export function checkType(run: CheckRun): string {
  return checkKind(run) ?? "";
}
