import type { Configuration } from "../configuration.ts";

export function isVoter({ servers }: Configuration, id: string): boolean {
  return servers.some((server) => server.id === id && server.voter);
}

/** True when this server is the only one there is. */
export function isAlone({ servers }: Configuration, id: string): boolean {
  return servers.length === 1 && servers[0]?.id === id && servers[0].voter;
}

/**
 * The largest value that a majority of the voters has reached; -Infinity without voters. `reachedBy` is asked for voters
 * only: others never count (thesis 4.2.1).
 */
export function quorumValue({ servers }: Configuration, reachedBy: (id: string) => number): number {
  const values: number[] = [];
  for (const { id, voter } of servers) if (voter) values.push(reachedBy(id));
  if (values.length > 1) values.sort((a, b) => b - a);
  return values[Math.floor(values.length / 2)] ?? Number.NEGATIVE_INFINITY;
}

/** Whether a majority of the voters is among `ids`. */
export function isQuorum(configuration: Configuration, ids: ReadonlySet<string>): boolean {
  return quorumValue(configuration, (id) => (ids.has(id) ? 1 : 0)) === 1;
}
