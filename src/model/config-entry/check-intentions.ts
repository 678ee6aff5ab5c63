import { goQuote, utf8Length } from "../../lang/filter/go-string.ts";
import { firstRepeated } from "./go-value.ts";
import type { HttpPermission, IntentionPermission, ServiceIntentions, SourceIntention } from "./later.ts";

/** What a check finds: a text in the words of Consul 1.9, or undefined for nothing. */
type Problem = string | undefined;

const WILDCARD = "*";
const SOURCE_TYPE = "consul";
const DESCRIPTION_BYTES_MAX = 512;
const ACTIONS = ["allow", "deny"];
const PARTIAL_WILDCARD = "Name: wildcard character '*' cannot be used with partial values";

/** The sources with their precedence, highest first; of equal ones the first stays first. */
export function normalIntentions(entry: ServiceIntentions): ServiceIntentions {
  const Sources = entry.Sources?.map((source) => normalSource(source, entry.Name)) ?? null;
  return { ...entry, Sources: Sources?.toSorted((a, b) => b.Precedence - a.Precedence) ?? null };
}

function normalSource(source: SourceIntention, destination: string): SourceIntention {
  return {
    ...source,
    Type: source.Type || SOURCE_TYPE,
    Precedence: precedenceOf(source.Name, destination),
    // They are of an intention that was written by its own route, and this one isn't.
    ...{ LegacyID: "", LegacyCreateTime: null, LegacyUpdateTime: null },
    Permissions: source.Permissions?.map(withUpperCaseMethods) ?? null,
  };
}

function withUpperCaseMethods(permission: IntentionPermission): IntentionPermission {
  const { HTTP } = permission;
  if (!HTTP?.Methods) return permission;
  return { ...permission, HTTP: { ...HTTP, Methods: HTTP.Methods.map((method) => method.toUpperCase()) } };
}

/** An exact destination is stronger than an exact source. */
function precedenceOf(source: string, destination: string): number {
  if (destination !== WILDCARD) return source !== WILDCARD ? 9 : 8;
  return source !== WILDCARD ? 6 : 5;
}

export function checkIntentions({ Name, Sources }: ServiceIntentions): Problem {
  if (Name === "") return "Name is required";
  if (isPartialWildcard(Name)) return PARTIAL_WILDCARD;
  if (Sources === null || Sources.length === 0) return "At least one source is required";
  const seen = new Set<string>();
  for (const [index, source] of Sources.entries()) {
    const where = `Sources[${index}]`;
    const problem = sourceProblem(source, Name === WILDCARD);
    if (problem !== undefined) return `${where}.${problem}`;
    const key = JSON.stringify([source.Name, source.Namespace, source.Partition, source.Peer, source.SamenessGroup]);
    if (seen.has(key)) return `${where} defines ${goQuote(source.Name)} more than once`;
    seen.add(key);
  }
  return undefined;
}

const isPartialWildcard = (name: string): boolean => name !== WILDCARD && name.includes(WILDCARD);

function sourceProblem(source: SourceIntention, isForAll: boolean): Problem {
  const { Name, Description, Action, Type, LegacyMeta } = source;
  const permissions = source.Permissions ?? [];
  if (Name === "") return "Name is required";
  if (isPartialWildcard(Name)) return PARTIAL_WILDCARD;
  if (utf8Length(Description) > DESCRIPTION_BYTES_MAX) {
    return `Description exceeds maximum length ${DESCRIPTION_BYTES_MAX}`;
  }
  if (Object.keys(LegacyMeta ?? {}).length > 0) return "LegacyMeta must be omitted";
  if (permissions.length === 0 && !ACTIONS.includes(Action)) return "Action must be set to 'allow' or 'deny'";
  if (permissions.length > 0 && Action !== "") return "Action must be omitted if Permissions are specified";
  if (permissions.length > 0 && isForAll) {
    return "Permissions cannot be specified on intentions with wildcarded destinations";
  }
  if (Type !== SOURCE_TYPE) return "Type must be set to 'consul'";
  for (const [index, permission] of permissions.entries()) {
    const problem = permissionProblem(permission);
    if (problem !== undefined) return `Permissions[${index}].${problem}`;
  }
  return undefined;
}

function permissionProblem({ Action, HTTP }: IntentionPermission): Problem {
  if (!ACTIONS.includes(Action)) return "Action must be set to 'allow' or 'deny'";
  if (HTTP === null) return "HTTP is required";
  const problem = httpProblem(HTTP);
  return problem === undefined ? undefined : `HTTP${problem}`;
}

function httpProblem(http: HttpPermission): Problem {
  const { PathExact, PathPrefix, PathRegex } = http;
  const headers = http.Header ?? [];
  const methods = http.Methods ?? [];
  if (PathExact !== "" && !PathExact.startsWith("/")) {
    return `.PathExact doesn't start with '/': ${goQuote(PathExact)}`;
  }
  if (PathPrefix !== "" && !PathPrefix.startsWith("/")) {
    return `.PathPrefix doesn't start with '/': ${goQuote(PathPrefix)}`;
  }
  const paths = [PathExact, PathPrefix, PathRegex].filter(Boolean).length;
  if (paths > 1) return " should only contain at most one of PathExact, PathPrefix, or PathRegex";
  for (const [index, { Name, Present, Exact, Prefix, Suffix, Contains, Regex }] of headers.entries()) {
    if (Name === "") return `.Header[${index}] missing required Name field`;
    if ([Present, Exact, Prefix, Suffix, Contains, Regex].filter(Boolean).length !== 1) {
      return `.Header[${index}] should only contain one of Present, Exact, Prefix, Suffix, or Regex.`;
    }
  }
  const twice = firstRepeated(methods);
  if (twice !== undefined) return `.Methods contains ${goQuote(twice)} more than once`;
  return paths + headers.length + methods.length === 0 ? " should not be empty" : undefined;
}
