import { expect, test } from "bun:test";
import { measureGauges } from "../../../src/app/gauges.ts";
import { silentMeter } from "../../support/silent.ts";
import { World } from "../state/catalog/world.ts";

test("nodes, names of services and instances are counted, and servers", () => {
  const world = new World();
  world.register("n1", { service: { Service: "web" } });
  world.register("n2", { service: { Service: "web" } });
  world.register("n2", { service: { Service: "db" } });
  const gauges = new Map<string, number>();
  const meter = { ...silentMeter, gauge: (name: string, value: number) => void gauges.set(name, value) };
  const status = { appliedIndex: 3, commitIndex: 4, firstLogIndex: 2, lastLogIndex: 5, fsmPending: 1, peers: 2 };
  const core = {
    db: world.db,
    raft: { status: () => ({ ...status, state: "Leader" }) } as never,
    members: () => [{}, {}, {}] as never,
    diskBytes: () => ({ log: 100, state: 200 }),
  };
  measureGauges(core, meter);
  expect(Object.fromEntries([...gauges].filter(([name]) => !name.startsWith("runtime.")))).toEqual({
    "state.nodes": 2,
    "state.services": 2,
    "state.service_instances": 3,
    "raft.applied_index": 3,
    "raft.commit_index": 4,
    "raft.last_index": 5,
    "raft.fsm_pending": 1,
    "raft.log_entries": 4,
    "raft.peers": 2,
    "raft.log_bytes": 100,
    "state.bytes": 200,
    "server.isLeader": 1,
    "members.servers": 3,
  });
});
