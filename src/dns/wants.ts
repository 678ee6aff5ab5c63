import type { DnsConfig } from "./config.ts";
import { addressQuery, addressRecords } from "./external.ts";
import { type Facts, type Want, wantKey } from "./lookups.ts";
import type { Recursors } from "./recursor.ts";
import type { DnsSource } from "./source.ts";

/** Fetches what an answer still wants into `facts`. Rejects when another datacenter or a query fails. */
export async function fetchWant(
  want: Want,
  facts: Facts,
  source: DnsSource,
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
      facts.nodes.set(key, await source.remoteNode(want.datacenter, want.name));
      return;
    case "instances":
      facts.instances.set(key, await source.remoteServiceInstances(want.datacenter, want.name, want.filter));
      return;
    case "query":
      facts.queries.set(key, await source.executeQuery(want.request));
  }
}
