import { goQuote } from "../../lang/filter/go-string.ts";
import { formatDurationNs } from "../../lib/duration.ts";
import { shortestFloat32, wrapped } from "./go-number.ts";
import { firstRepeated } from "./go-value.ts";
import type { ServiceResolver, ServiceRoute, ServiceRouter, ServiceSplitter } from "./routing.ts";

/** What a check finds: a text in Consul's words, or undefined for nothing. */
type Problem = string | undefined;

const NAME_REQUIRED = "Name is required";
const DEFAULT_NAMESPACE = "default";

export function normalRouter(entry: ServiceRouter): ServiceRouter {
  return { ...entry, Routes: entry.Routes?.map(normalRoute) ?? null };
}

/** Only routes of some methods have their namespace filled in (observed, Consul 1.8.7). */
function normalRoute(route: ServiceRoute): ServiceRoute {
  const http = route.Match?.HTTP;
  if (!http?.Methods?.length) return route;
  const Methods = http.Methods.map((method) => method.toUpperCase());
  const { Destination } = route;
  return {
    Match: { HTTP: { ...http, Methods } },
    Destination: Destination && { ...Destination, Namespace: Destination.Namespace || DEFAULT_NAMESPACE },
  };
}

export function checkRouter({ Name, Routes }: ServiceRouter): Problem {
  if (Name === "") return NAME_REQUIRED;
  return firstOf(Routes ?? [], routeProblem);
}

function routeProblem({ Match, Destination }: ServiceRoute, index: number): Problem {
  const http = Match?.HTTP;
  const problem = http ? httpProblem(http) : undefined;
  if (problem !== undefined) return `Route[${index}] ${problem}`;
  const takesRewrite = http && (http.PathExact !== "" || http.PathPrefix !== "");
  if (!Destination || Destination.PrefixRewrite === "" || takesRewrite) return undefined;
  return `Route[${index}] cannot make use of PrefixRewrite without configuring either PathExact or PathPrefix`;
}

type HttpMatch = NonNullable<NonNullable<ServiceRoute["Match"]>["HTTP"]>;

function httpProblem(http: HttpMatch): Problem {
  return (
    pathProblem(http) ??
    firstOf(http.Header ?? [], ({ Name, Present, Exact, Prefix, Suffix, Regex }, index) =>
      matchProblem(
        `Header[${index}]`,
        Name,
        [Present, Exact, Prefix, Suffix, Regex],
        "Present, Exact, Prefix, Suffix, or Regex",
      ),
    ) ??
    firstOf(http.QueryParam ?? [], ({ Name, Present, Exact, Regex }, index) =>
      matchProblem(`QueryParam[${index}]`, Name, [Present, Exact, Regex], "Present, Exact, or Regex"),
    ) ??
    methodsProblem(http.Methods ?? [])
  );
}

function methodsProblem(methods: readonly string[]): Problem {
  const twice = firstRepeated(methods);
  return twice === undefined ? undefined : `Methods contains ${goQuote(twice)} more than once`;
}

/** Of what matches paths in routes and in intentions. */
function pathProblem(http: Pick<HttpMatch, "PathExact" | "PathPrefix" | "PathRegex">): Problem {
  for (const field of ["PathExact", "PathPrefix"] as const) {
    const path = http[field];
    if (path !== "" && !path.startsWith("/")) return `${field} doesn't start with '/': ${goQuote(path)}`;
  }
  if (countOf([http.PathExact, http.PathPrefix, http.PathRegex]) <= 1) return undefined;
  return "should only contain at most one of PathExact, PathPrefix, or PathRegex";
}

function matchProblem(where: string, name: string, ways: readonly (string | boolean)[], names: string): Problem {
  if (name === "") return `${where} missing required Name field`;
  return countOf(ways) === 1 ? undefined : `${where} should only contain one of ${names}`;
}

const countOf = (parts: readonly (string | boolean)[]): number => parts.filter(Boolean).length;

function firstOf<T>(items: readonly T[], check: (item: T, index: number) => Problem): Problem {
  for (const [index, item] of items.entries()) {
    const problem = check(item, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Hundredths of a percent are the finest that there is. */
const STEPS_PER_PERCENT = 100;
const STEPS_OF_ALL = 100 * STEPS_PER_PERCENT;

export function normalSplitter(entry: ServiceSplitter): ServiceSplitter {
  const Splits = entry.Splits?.map((split) => ({ ...split, Weight: percentOf(stepsOf(split.Weight)) })) ?? null;
  return { ...entry, Splits };
}

/** Consul's weights are of 32 bits, halves rounded away from zero. */
function stepsOf(weight: number): number {
  const scaled = Math.fround(Math.fround(weight) * STEPS_PER_PERCENT);
  return wrapped(Math.sign(scaled) * Math.round(Math.abs(scaled)), "int64");
}

const percentOf = (steps: number): number => shortestFloat32(Math.fround(steps) / STEPS_PER_PERCENT);

export function checkSplitter({ Name, Splits }: ServiceSplitter): Problem {
  if (Name === "") return NAME_REQUIRED;
  if (Splits === null || Splits.length === 0) return "no splits configured";
  const seen = new Set<string>();
  for (const { Service, ServiceSubset, Namespace } of Splits) {
    const target = `service=${goQuote(Service || Name)}, subset=${goQuote(ServiceSubset)}, namespace=${goQuote(Namespace)}`;
    if (seen.has(target)) return `split destination occurs more than once: ${target}`;
    seen.add(target);
  }
  const steps = Splits.reduce((sum, { Weight }) => sum + stepsOf(Weight), 0);
  if (steps === STEPS_OF_ALL) return undefined;
  const sum = Math.fround(Math.fround(steps) / STEPS_PER_PERCENT);
  return `the sum of all split weights must be 100, not ${sum.toFixed(6)}`;
}

const SUBSET_CHARS_MAX = 63;
const SUBSET = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

export function checkResolver(entry: ServiceResolver): Problem {
  const { Name, DefaultSubset, ConnectTimeout } = entry;
  if (Name === "") return NAME_REQUIRED;
  const problem = firstOf(Object.keys(entry.Subsets ?? {}).sort(), subsetProblem);
  if (problem !== undefined) return problem;
  if (DefaultSubset !== "" && !hasSubset(entry, DefaultSubset)) {
    return `DefaultSubset ${goQuote(DefaultSubset)} is not a valid subset`;
  }
  const other = redirectProblem(entry) ?? failoversProblem(entry);
  if (other !== undefined) return other;
  return ConnectTimeout < 0 ? `Bad ConnectTimeout '${formatDurationNs(ConnectTimeout)}', must be >= 0` : undefined;
}

const hasSubset = ({ Subsets }: ServiceResolver, name: string): boolean => Object.hasOwn(Subsets ?? {}, name);

function subsetProblem(name: string): Problem {
  if (name === "") return "Subset defined with empty name";
  if (name.length > SUBSET_CHARS_MAX) {
    return `Subset ${goQuote(name)} is invalid: must be non-empty and ${SUBSET_CHARS_MAX} characters or fewer`;
  }
  if (SUBSET.test(name)) return undefined;
  return `Subset ${goQuote(name)} is invalid: must be ${SUBSET_CHARS_MAX} characters or fewer, begin or end with lower case alphanumeric characters, and contain lower case alphanumeric characters or '-' in between`;
}

function redirectProblem(entry: ServiceResolver): Problem {
  const { Name, Redirect, Failover } = entry;
  if (Redirect === null) return undefined;
  const { Service, ServiceSubset, Namespace, Datacenter, Peer, SamenessGroup } = Redirect;
  if (Object.keys(Failover ?? {}).length > 0) return "Redirect and Failover cannot both be set";
  if (countOf([Service, ServiceSubset, Namespace, Datacenter, Peer, SamenessGroup]) === 0) return "Redirect is empty";
  if (Service === "" && ServiceSubset !== "") return "Redirect.ServiceSubset defined without Redirect.Service";
  if (Service === "" && Namespace !== "") return "Redirect.Namespace defined without Redirect.Service";
  if (Service !== Name || ServiceSubset === "" || hasSubset(entry, ServiceSubset)) return undefined;
  return `Redirect.ServiceSubset ${goQuote(ServiceSubset)} is not a valid subset of ${goQuote(Service)}`;
}

function failoversProblem(entry: ServiceResolver): Problem {
  return firstOf(Object.keys(entry.Failover ?? {}).sort(), (subset) => failoverProblem(entry, subset));
}

function failoverProblem(entry: ServiceResolver, subset: string): Problem {
  const failover = entry.Failover?.[subset];
  if (failover === undefined) return undefined;
  const { Service, ServiceSubset, Namespace, Datacenters, Targets, SamenessGroup } = failover;
  const where = `Bad Failover[${goQuote(subset)}]`;
  if (subset !== "*" && !hasSubset(entry, subset)) return `${where}: not a valid subset`;
  const hasTarget = (Datacenters ?? []).length > 0 || (Targets ?? []).length > 0;
  if (countOf([Service, ServiceSubset, Namespace, SamenessGroup, hasTarget]) === 0) {
    return `${where} one of Service, ServiceSubset, Namespace, or Datacenters is required`;
  }
  const isOwn = Service === "" || Service === entry.Name;
  if (ServiceSubset !== "" && isOwn && !hasSubset(entry, ServiceSubset)) {
    return `${where}.ServiceSubset ${goQuote(ServiceSubset)} is not a valid subset of ${goQuote(Service)}`;
  }
  return Datacenters?.includes("") ? `${where}.Datacenters: found empty datacenter` : undefined;
}
