import { measureRuntime } from "../platform/metrics/runtime.ts";
import type { Meter } from "../ports/meter.ts";
import { catalogCounts } from "../state/catalog/queries.ts";
import type { Core } from "./core.ts";

/**
 * What stands at some value, under the names of Consul's servers. Counting it costs some queries, so it is done when
 * somebody reads the metrics, and regularly only where they are sent away.
 */
export function measureGauges(core: Pick<Core, "db" | "raft" | "members" | "diskBytes">, meter: Meter): void {
  measureRuntime(meter);
  const { nodes, services, instances } = catalogCounts(core.db);
  meter.gauge("state.nodes", nodes);
  meter.gauge("state.services", services);
  meter.gauge("state.service_instances", instances);
  const { appliedIndex, commitIndex, firstLogIndex, lastLogIndex, fsmPending, peers, state } = core.raft.status();
  meter.gauge("raft.applied_index", appliedIndex);
  meter.gauge("raft.commit_index", commitIndex);
  meter.gauge("raft.last_index", lastLogIndex);
  meter.gauge("raft.fsm_pending", fsmPending);
  meter.gauge("raft.log_entries", lastLogIndex - firstLogIndex + 1);
  meter.gauge("raft.peers", peers);
  const { log, state: stateBytes } = core.diskBytes();
  meter.gauge("raft.log_bytes", log);
  meter.gauge("state.bytes", stateBytes);
  meter.gauge("server.isLeader", state === "Leader" ? 1 : 0);
  meter.gauge("members.servers", core.members().length);
}
