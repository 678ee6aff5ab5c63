import type { PoolMember } from "../../src/gossip/types.ts";
import { nodeDuties } from "../../src/server/node-duties.ts";
import { NodeKeeper } from "../../src/server/node-keeper.ts";
import type { Command } from "../../src/state/commands.ts";
import { nodesWithCheck } from "../../src/state/nodes/queries.ts";
import { clientMember, nodeIdOf, serverMember } from "../support/pool-member.ts";
import { realClock } from "../support/real-clock.ts";
import { silentLogger } from "../support/silent.ts";
import { stateRig } from "../support/state-rig.ts";

// `bun test/bench/node-duties.ts`: how long the leader needs for the nodes of large pools, with a state in memory. Writes
// are applied one turn's together, some milliseconds later, as the log does it.

const DISK_MS = 3;
const SELF = "5e1f";
const ROUNDS = 20;

async function measure(count: number): Promise<string> {
  const state = stateRig();
  let pending: { command: Command; done: (result: unknown) => void }[] = [];
  let written = 0;
  let longestMs = 0;
  const apply = () => {
    const batch = pending;
    pending = [];
    const startMs = performance.now();
    for (const { command, done } of batch) done(state.apply(command));
    longestMs = Math.max(longestMs, performance.now() - startMs);
    written += batch.length;
  };
  let members: PoolMember[] = [
    serverMember(SELF),
    ...Array.from({ length: count }, (_, at) => clientMember(`node-${at}`, { id: nodeIdOf(`${at}`.padStart(8, "0")) })),
  ];
  const keeper = new NodeKeeper({
    ...{ selfId: nodeIdOf(SELF), datacenter: "dc1", db: state.db, clock: realClock, log: silentLogger },
    propose(command) {
      if (pending.length === 0) setTimeout(apply, DISK_MS);
      return new Promise((done) => pending.push({ command, done }));
    },
    pool: () => members,
    servers: () => [],
    reconnectTimeoutMs: () => 1e9,
  });
  const writeAll = async (begin: () => void) => {
    written = 0;
    longestMs = 0;
    const startMs = performance.now();
    begin();
    while (written < count) await new Promise((resolve) => setTimeout(resolve, 1));
    return `${(performance.now() - startMs).toFixed(0)} ms (at most ${longestMs.toFixed(1)} at a time)`;
  };
  const registered = await writeAll(() => keeper.lead());
  const idleMs = Math.min(...Array.from({ length: ROUNDS }, () => roundMs(state.db, members)));
  members = members.map((member, at) => (at === 0 ? member : { ...member, status: "failed" }));
  const failed = await writeAll(() => {
    for (const member of members.slice(1)) keeper.onMember({ kind: "failed", member });
  });
  keeper.stop();
  return `| ${count} | ${idleMs.toFixed(1)} ms | ${registered} | ${failed} |`;
}

function roundMs(db: Parameters<typeof nodesWithCheck>[0], members: readonly PoolMember[]): number {
  const startMs = performance.now();
  nodeDuties({
    ...{ selfId: nodeIdOf(SELF), datacenter: "dc1", members },
    catalog: nodesWithCheck(db, "serfHealth"),
    ...{ servers: new Set([nodeIdOf(SELF)]), reaped: new Set() },
    ...{ leadingMs: 1e9, upMs: 1e9, reconnectTimeoutMs: 1e12 },
  });
  return performance.now() - startMs;
}

process.stdout.write(`| Members | Nothing to do | All registered | All failed |\n|---|---|---|---|\n`);
for (const count of [1000, 5000]) process.stdout.write(`${await measure(count)}\n`);
process.exit(0);
