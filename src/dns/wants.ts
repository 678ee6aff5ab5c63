import type { DnsConfig } from "./config.ts";
import { addressQuery, addressRecords } from "./external.ts";
import { type Facts, type Want, wantKey } from "./lookups.ts";
import type { Recursors } from "./recursor.ts";
import type { DnsSource } from "./source.ts";

/** Fetches what an answer still wants into `facts`. Rejects when another datacenter or a query fails. */
export async function fetchWant(
  want: Want,
  facts: Facts,
  { remote }: Pick<DnsSource, "remote">,
  recursors: Recursors,
  config: DnsConfig,
): Promise<void> {
  const key = wantKey(want);
  switch (want.kind) {
    case "external": {
      const query = addressQuery(want.name);
      const answer = query === undefined ? undefined : await recursors.forward(query, "udp", config);
      facts.externals.set(key, answer === undefined ? [] : addressRecords(answer));
      return;
    }
    case "node":
      facts.nodes.set(key, await remote.node(want.datacenter, want.name));
      return;
    case "instances":
      facts.instances.set(key, await remote.serviceInstances(want.datacenter, want.name, want.filter));
      return;
    case "owners":
      facts.owners.set(key, await remote.byAddress(want.ip));
      return;
    case "servers":
      facts.servers.set(key, await remote.servers());
      return;
    case "query":
      facts.queries.set(key, await remote.executeQuery(want.request));
  }
}
