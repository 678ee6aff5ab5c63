import { until } from "../../../support/e2e/agent.ts";
import { checkHistory } from "../../../support/linearizable/check.ts";
import { consulKv } from "../../../support/linearizable/consul-kv.ts";
import { staleComplaints } from "../../../support/linearizable/stale-reads.ts";
import type { Cluster } from "./cluster.ts";
import type { Load } from "./load.ts";

const COMPLAINTS_SHOWN = 5;

/**
 * Ends the load, reads every key through every server once more, and throws when no order of all requests explains what
 * the clients were told: an answered write that is gone, one that came twice, a read that went back.
 */
export async function verify(cluster: Cluster, load: Load): Promise<void> {
  await load.stop();
  await cluster.leader();
  for (const member of cluster.up) {
    for (const key of load.keys) {
      const before = load.history.length;
      const isRead = async () => {
        await load.request(`last through ${member.name}`, member, key, { f: "get" });
        return load.history.length > before;
      };
      await until(isRead, `a consistent read of ${key} through ${member.name}`);
    }
  }
  const verdict = checkHistory(load.history, consulKv(load.history));
  if (verdict.outcome !== "linearizable") throw new Error(`${verdict.outcome}: ${verdict.explanation}`);
  const complaints = staleComplaints(load.stale, load.history);
  if (complaints.length > 0) throw new Error(complaints.slice(0, COMPLAINTS_SHOWN).join("\n"));
}
