import { votersOf } from "../check/configurations.ts";
import { Violation } from "../check/violation.ts";
import type { Server } from "./server.ts";
import type { World } from "./world.ts";

/** Within so many election timeouts all must be well, once it can be. */
const TIMEOUTS_MAX = 60;
/** For so many a leader must stay when all is well. */
const CALM_TIMEOUTS = 5;
/** Part of the runs that end with it. */
const FORCED_CHANCE = 0.1;
/** Reads that servers outside the majority get. */
const PESTERED_PER_TIMEOUT = 8;
/** Longer than any run. */
const FOR_EVER_MS = 1e12;

/** Ends all faults; then everything that was asked for must be done, and all servers must come to the same state. */
export function checkRecovery(world: World): void {
  world.trace?.("all is healed");
  world.heal();
  insist(world, undefined, () => whyNotSettled(world));
}

/**
 * Leaves only some majority of the voters in good order, and the others dead or with links that pass messages in one
 * direction at most: the majority must still get on with it.
 */
export function checkCore(world: World): void {
  const random = world.random("core");
  const leader = world.leader();
  if (leader === undefined) return;
  const voters = [...votersOf(leader.status.committedConfiguration.configuration)];
  const size = Math.floor(voters.length / 2) + 1;
  const core: Server[] = [];
  while (core.length < size) {
    const id = random.pick(voters.filter((voter) => !core.some((server) => server.id === voter)));
    const server = world.servers.get(id);
    if (server !== undefined) core.push(server);
  }
  world.trace?.(`only ${core.map(({ id }) => id).join(", ")} stay well`);
  for (const server of world.alive()) if (!core.includes(server)) hamper(world, server, core);
  pester(
    world,
    world.alive().filter((server) => !core.includes(server)),
  );
  insist(world, core, () => undefined);
  checkStability(world, core);
}

/**
 * All but one server are lost for good, and an operator declares the one that is left to be the cluster. It has the newest
 * log, so nothing that was answered is lost, and goes on alone.
 */
export function checkForced(world: World): void {
  const isWanted = world.random("forced").chance(FORCED_CHANCE);
  const alive = world.alive().filter(({ isUp }) => isUp);
  alive.sort((a, b) => b.status.lastTerm - a.status.lastTerm || b.status.lastIndex - a.status.lastIndex);
  const [survivor, ...others] = alive;
  if (!isWanted || survivor === undefined || others.length === 0) return;
  world.trace?.(`only ${survivor.id} is left, and is told so`);
  world.restoreLinks();
  for (const server of others) world.lose(server);
  if (world.random("forced").chance(0.5)) survivor.stop(true);
  survivor.recover({ servers: [{ id: survivor.id, address: `${survivor.id}:8300`, voter: true }] });
  world.checker.mark("cluster recovered by hand");
  insist(world, [survivor], () => undefined);
}

/** A leader that a majority hears stays, whoever of the others is there or comes back (pre-vote, check-quorum). */
function checkStability(world: World, core: readonly Server[]): void {
  const leader = world.leader();
  const isCalm =
    leader !== undefined && core.includes(leader) && core.every(({ status }) => status.leader === leader.id);
  if (!isCalm) return;
  const { term } = leader.status;
  world.trace?.(`${leader.id} is to stay leader`);
  const calmMs = CALM_TIMEOUTS * world.swarm.timing.electionTimeoutMs;
  world.restoreLinks();
  for (const server of world.alive()) {
    world.restart(server);
    // They hear the others, but not the leader: their wish for another one must not be heard.
    if (!core.includes(server)) world.network.cut(leader.host, server.host, calmMs);
  }
  world.run(world.nowMs + 2 * calmMs);
  if (leader.status.role === "leader" && leader.status.term === term) return;
  throw new Violation("no needless election", `${leader.id} led term ${term} with a majority, and no longer does`);
}

/** Somebody goes on asking those that can't answer, which must keep none of them in office. */
function pester(world: World, servers: readonly Server[]): void {
  for (const server of servers) if (server.isUp) world.clients[0]?.readFrom(server);
  world.after(world.swarm.timing.electionTimeoutMs / PESTERED_PER_TIMEOUT, () => pester(world, servers));
}

function hamper(world: World, server: Server, core: readonly Server[]): void {
  const way = world.random("core").pick(["down", "in", "out", "both", "some"]);
  if (way === "down") {
    if (server.isUp) server.stop(false);
    return;
  }
  for (const peer of core) {
    if (way === "some" && world.random("core").chance(0.5)) continue;
    if (way !== "out") world.network.cut(peer.host, server.host, FOR_EVER_MS);
    if (way !== "in") world.network.cut(server.host, peer.host, FOR_EVER_MS);
  }
}

/** Clients go on until they have what they want, through these servers or any. */
function insist(world: World, servers: readonly Server[] | undefined, whyNot: () => string | undefined): void {
  let open = world.clients.length;
  world.asked = servers;
  for (const client of world.clients) {
    client.insist(() => {
      open--;
    });
  }
  const endMs = world.nowMs + TIMEOUTS_MAX * world.swarm.timing.electionTimeoutMs;
  const stepMs = world.swarm.timing.electionTimeoutMs / 4;
  for (;;) {
    world.run(Math.min(endMs, world.nowMs + stepMs));
    const reason = open > 0 ? `${open} clients wait` : whyNot();
    if (reason === undefined) return;
    if (world.nowMs >= endMs) throw new Violation("liveness", `${TIMEOUTS_MAX} election timeouts later: ${reason}`);
  }
}

/** What is left to do before all is well; undefined when nothing is. */
function whyNotSettled(world: World): string | undefined {
  const leader = world.leader();
  if (leader === undefined) return "nobody leads";
  const goal = world.operator.open[0];
  if (goal !== undefined) return `not reached: ${JSON.stringify(goal)}`;
  const { configuration } = leader.status.configuration;
  for (const { id } of configuration.servers) {
    const server = world.servers.get(id);
    if (server === undefined || !server.isUp) continue;
    const { appliedIndex } = server.applier.machine;
    if (appliedIndex !== leader.status.lastIndex)
      return `${id} has applied ${appliedIndex} of ${leader.status.lastIndex}`;
    const { openReads, applier } = server;
    if (openReads + applier.openReads > 0)
      return `${id} has not answered ${openReads} reads, and ${applier.openReads} that are confirmed`;
  }
  return undefined;
}
