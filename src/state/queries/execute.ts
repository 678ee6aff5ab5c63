import type { QueryDefinition } from "../../model/prepared-query.ts";
import type { InstanceHealth } from "../catalog/queries.ts";

type Service = QueryDefinition["Service"];

/** Those of a service's instances that a query asks for, in their order; a new list. */
export function queryInstances(instances: readonly InstanceHealth[], service: Service): InstanceHealth[] {
  const hasTags = tagFilter(service.Tags ?? []);
  return instances.filter(
    ({ Node, Service, Checks }) =>
      isHealthy(Checks, service) &&
      hasPairs(Node.Meta, service.NodeMeta) &&
      hasPairs(Service.Meta, service.ServiceMeta) &&
      hasTags(Service.Tags ?? []),
  );
}

/** A critical check drops an instance, and a warning where only passing ones are wanted. */
function isHealthy(checks: InstanceHealth["Checks"], { OnlyPassing, IgnoreCheckIDs }: Service): boolean {
  return checks.every(
    ({ CheckID, Status }) =>
      IgnoreCheckIDs?.includes(CheckID) === true || (OnlyPassing ? Status === "passing" : Status !== "critical"),
  );
}

function hasPairs(meta: Readonly<Record<string, string>> | null, wanted: Service["NodeMeta"]): boolean {
  return Object.entries(wanted ?? {}).every(
    ([key, value]) => meta !== null && Object.hasOwn(meta, key) && meta[key] === value,
  );
}

/** All tags, and none of those behind a `!`; without regard to case. */
function tagFilter(wanted: readonly string[]): (tags: readonly string[]) => boolean {
  if (wanted.length === 0) return () => true;
  const folded = wanted.map((tag) => tag.toLowerCase());
  const must = folded.filter((tag) => !tag.startsWith("!"));
  const not = folded.filter((tag) => tag.startsWith("!")).map((tag) => tag.slice(1));
  return (tags) => {
    const has = new Set(tags.map((tag) => tag.toLowerCase()));
    return must.every((tag) => has.has(tag)) && !not.some((tag) => has.has(tag));
  };
}
