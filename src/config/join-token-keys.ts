import { decodeJoinToken } from "./join-token.ts";
import type { Raw } from "./raw.ts";

interface Given {
  readonly flags: Raw;
  readonly joinToken?: string;
}

/**
 * What the configuration sets, with what a join token adds where the configuration says nothing. Throws ConfigError for a
 * token that can't be read. The token itself is not kept.
 */
export function withJoinToken(
  given: Raw,
  { flags, joinToken = "" }: Given,
): { readonly given: Raw; readonly warnings: readonly string[] } {
  const { join_token: own, ...rest } = given;
  const text = typeof own === "string" && own !== "" ? own : joinToken;
  if (text === "") return { given: rest, warnings: [] };
  const token = decodeJoinToken(text);
  const warnings: string[] = [];
  if (flags.join_token)
    warnings.push(
      "-join-token shows its secret to everybody on this host who lists processes: use -join-token-file or MUSTER_JOIN_TOKEN",
    );
  const differs = (name: string, what: string) =>
    warnings.push(`${name} is not that of the join token: the configuration's counts, and ${what}`);
  if (rest.encrypt && token.encrypt !== "" && rest.encrypt !== token.encrypt)
    differs("encrypt", "nodes that only have the token won't understand this one");
  if (rest.datacenter && String(rest.datacenter).toLowerCase() !== token.datacenter)
    differs("datacenter", "nodes of two datacenters don't join each other but with retry_join_wan");
  const hasJoin = (name: string) => Array.isArray(rest[name]) && rest[name].length > 0;
  return {
    given: {
      ...rest,
      encrypt: rest.encrypt || token.encrypt,
      datacenter: rest.datacenter || token.datacenter,
      ...(hasJoin("retry_join") || hasJoin("start_join") ? {} : { retry_join: [...token.retryJoin] }),
    },
    warnings,
  };
}
