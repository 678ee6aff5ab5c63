import { compileRegexp } from "../lang/re2/regexp.ts";
import { CommandFailure, errorText } from "./context.ts";
import type { Query } from "./http.ts";

/** Who shall hear an event: regular expressions, "" for everybody. */
export interface EventFilters {
  readonly node: string;
  readonly service: string;
  readonly tag: string;
}

/** Throws CommandFailure with Consul's text for what no agent would take. */
export function checkFilters(filters: EventFilters): void {
  for (const name of ["node", "service", "tag"] as const) checkFilter(name, filters[name]);
  if (filters.tag !== "" && filters.service === "")
    throw new CommandFailure("Cannot provide tag filter without service filter.");
}

export function filterQuery({ node, service, tag }: EventFilters): Query {
  return { node: node || undefined, service: service || undefined, tag: tag || undefined };
}

function checkFilter(name: string, pattern: string): void {
  try {
    compileRegexp(pattern);
  } catch (error) {
    throw new CommandFailure(`Failed to compile ${name} filter regexp: ${errorText(error)}`);
  }
}
