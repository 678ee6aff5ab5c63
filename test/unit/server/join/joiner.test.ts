import { expect, test } from "bun:test";
import type { Configuration } from "../../../../src/raft/configuration.ts";
import type { Hello, Peer } from "../../../../src/rpc/types.ts";
import type { Consent } from "../../../../src/server/join/consent.ts";
import { CONSENT_METHOD, Joiner } from "../../../../src/server/join/joiner.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { silentLogger } from "../../../support/silent.ts";

/** mulberry32: one seed replays a run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Faults {
  /** Chance that a call or its answer is lost, and that a server dies around a durable write. */
  lost: number;
  crash: number;
  /** Chance that two servers reach each other. */
  seen: number;
}
const NO_FAULTS: Faults = { lost: 0, crash: 0, seen: 1 };

class Crashed extends Error {}

class World {
  readonly clock = new ManualClock();
  readonly servers: SimServer[] = [];
  /** Every bootstrap that ever happened: the cluster, and whom it named. */
  readonly made = new Map<string, readonly string[]>();
  faults: Faults = NO_FAULTS;
  uuids = 0;
  /** Pairs that do not reach each other now. */
  readonly cut = new Set<string>();
  readonly random: () => number;
  constructor(random: () => number) {
    this.random = random;
  }

  /** Draws anew who reaches whom. */
  recut(): void {
    this.cut.clear();
    for (const { nodeId: a } of this.servers) {
      for (const { nodeId: b } of this.servers)
        if (a < b && this.random() >= this.faults.seen) this.cut.add(`${a} ${b}`);
    }
  }

  reach(a: string, b: string): boolean {
    return !this.cut.has(a < b ? `${a} ${b}` : `${b} ${a}`);
  }

  add(nodeId: string, expect: number, mayVote = true): SimServer {
    const server = new SimServer(this, nodeId, expect, mayVote);
    this.servers.push(server);
    return server;
  }

  async run(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 50) {
      this.clock.advance(50);
      await settle(8);
    }
  }

  get clusters(): string[] {
    return [...new Set(this.servers.map(({ clusterId }) => clusterId))];
  }
}

class SimServer {
  clusterId = "";
  consent: Consent | undefined;
  isLogEmpty = true;
  joiner: Joiner | undefined;
  #life = 0;
  readonly world: World;
  readonly nodeId: string;
  readonly expect: number;
  readonly mayVote: boolean;
  constructor(world: World, nodeId: string, expect: number, mayVote: boolean) {
    this.world = world;
    this.nodeId = nodeId;
    this.expect = expect;
    this.mayVote = mayVote;
  }

  start(): void {
    const life = ++this.#life;
    /** Dies before or after the write; a dead process writes nothing more. */
    const durable = async (write: () => void) => {
      if (life !== this.#life) throw new Crashed();
      if (this.#chance(this.world.faults.crash)) {
        this.stop();
        throw new Crashed();
      }
      await settle(1);
      if (life !== this.#life) throw new Crashed();
      write();
      if (!this.#chance(this.world.faults.crash)) return;
      this.stop();
      throw new Crashed();
    };
    this.joiner = new Joiner({
      peers: {
        list: () => this.#peers(),
        hello: () => undefined,
        know: () => undefined,
        call: (nodeId, method, argument) => this.#call(nodeId, method, argument),
      },
      self: { nodeId: this.nodeId, address: `${this.nodeId}:8300`, expect: this.expect, mayVote: this.mayVote },
      record: {
        clusterId: () => this.clusterId,
        consent: () => this.consent,
        setClusterId: (id) => durable(() => this.#belong(id)),
        setConsent: (consent) =>
          durable(() => {
            this.consent = consent;
          }),
      },
      isLogEmpty: () => this.isLogEmpty,
      bootstrap: (configuration) => durable(() => this.#bootstrap(configuration)),
      onCluster: () => undefined,
      clock: this.world.clock,
      uuid: () => `cluster-${++this.world.uuids}`,
      log: silentLogger,
    });
    void this.joiner.start();
  }

  stop(): void {
    this.#life++;
    void this.joiner?.stop();
    this.joiner = undefined;
  }

  get hello(): Hello {
    const { nodeId, clusterId, expect, mayVote } = this;
    return {
      ...{ protocol: 1, nodeId, nodeName: nodeId, datacenter: "dc1", clusterId, address: `${nodeId}:8300` },
      ...{ expect, mayVote, version: "", stateFormat: 1, known: [], taggedAddresses: {}, nodeMeta: {} },
    };
  }

  #peers(): Peer[] {
    return this.world.servers
      .filter((other) => other !== this && other.joiner !== undefined && this.world.reach(this.nodeId, other.nodeId))
      .map(({ hello }) => ({ hello, isConnected: true, heardMs: 0 }));
  }

  async #call(nodeId: string, method: string, argument: unknown): Promise<unknown> {
    const { lost } = this.world.faults;
    await this.#delay();
    const target = this.world.servers.find((server) => server.nodeId === nodeId)?.joiner;
    if (target === undefined || !this.world.reach(this.nodeId, nodeId) || this.#chance(lost))
      throw new Error("not sent");
    const answer =
      method === CONSENT_METHOD
        ? await target.answerConsent(argument as Consent)
        : await target.answerWants((argument as { clusterId: string }).clusterId);
    await this.#delay();
    if (this.#chance(lost)) throw new Error("answer lost");
    return answer;
  }

  #delay(): Promise<void> {
    return new Promise((resolve) => this.world.clock.after(this.world.random() * 400, resolve));
  }

  #belong(id: string): void {
    if (this.clusterId !== "" && this.clusterId !== id) throw new Error(`${this.nodeId} changes its cluster`);
    this.clusterId = id;
  }

  #bootstrap({ servers }: Configuration): void {
    if (!this.isLogEmpty) throw new Error("bootstrap of a log that is not empty");
    this.isLogEmpty = false;
    this.world.made.set(
      this.clusterId,
      servers.map(({ id }) => id),
    );
  }

  #chance(p: number): boolean {
    return p > 0 && this.world.random() < p;
  }
}

const made = (world: World) => [...world.made.values()];

test("three servers that know each other make one cluster of all, and the smallest id makes it", async () => {
  const world = new World(randomOf(1));
  for (const id of ["c", "a", "b"]) world.add(id, 3).start();
  await world.run(5000);
  expect(made(world)).toEqual([["a", "b", "c"]]);
  expect(world.clusters).toEqual([...world.made.keys()]);
  expect(world.servers.map(({ consent }) => consent)).toEqual([undefined, undefined, undefined]);
});

test("two of three wait for the third", async () => {
  const world = new World(randomOf(1));
  for (const id of ["a", "b"]) world.add(id, 3).start();
  await world.run(60_000);
  expect(made(world)).toEqual([]);
  world.add("c", 3).start();
  await world.run(5000);
  expect(made(world)).toEqual([["a", "b", "c"]]);
});

test("one server makes a cluster at once", async () => {
  const world = new World(randomOf(1));
  world.add("a", 1).start();
  await settle(100);
  expect(made(world)).toEqual([["a"]]);
});

test("of four servers that expect three, the three smallest make the cluster and the fourth joins", async () => {
  const world = new World(randomOf(3));
  for (const id of ["d", "c", "b", "a"]) world.add(id, 3).start();
  await world.run(10_000);
  expect(made(world)).toEqual([["a", "b", "c"]]);
  expect(world.clusters).toHaveLength(1);
});

test("a server that never bootstraps only joins", async () => {
  const world = new World(randomOf(3));
  for (const id of ["a", "b"]) world.add(id, 3).start();
  world.add("0", 0).start();
  await world.run(20_000);
  expect(made(world)).toEqual([]);
  world.add("c", 3).start();
  await world.run(10_000);
  expect(made(world)).toEqual([["a", "b", "c"]]);
  expect(world.clusters).toHaveLength(1);
});

test("different numbers of expected servers make nothing", async () => {
  const world = new World(randomOf(3));
  for (const id of ["a", "b", "c"]) world.add(id, 3).start();
  world.add("d", 5).start();
  await world.run(20_000);
  expect(made(world)).toEqual([]);
});

test("a server that was lost before it agreed is not waited for when another one takes its place", async () => {
  const world = new World(randomOf(5));
  const [a, b, c] = ["a", "b", "c"].map((id) => world.add(id, 3));
  a?.start();
  b?.start();
  c?.start();
  world.faults = { ...NO_FAULTS, lost: 1 };
  await world.run(1000);
  world.faults = NO_FAULTS;
  c?.stop();
  world.servers.splice(2, 1);
  world.add("d", 3).start();
  await world.run(40_000);
  expect(made(world)).toEqual([["a", "b", "d"]]);
  expect(world.clusters).toHaveLength(1);
});

const SEEDS = 300;

test("random starts: no two clusters share a server, and in the end all are in one where nothing forbids it", async () => {
  const counts = new Map<number, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = randomOf(seed);
    const world = new World(random);
    const expected = 2 + Math.floor(random() * 3);
    const count = expected + Math.floor(random() * 3);
    for (let at = 0; at < count; at++) world.add(`s${Math.floor(random() * 1e6)}`, expected);
    world.faults = { lost: random() * 0.4, crash: random() < 0.5 ? random() * 0.2 : 0, seen: 0.3 + random() * 0.7 };
    world.recut();
    const untilMs = world.clock.nowMs() + 20_000;
    while (world.clock.nowMs() < untilMs) {
      for (const server of world.servers) if (server.joiner === undefined && random() < 0.3) server.start();
      for (const server of world.servers) if (server.joiner !== undefined && random() < 0.01) server.stop();
      if (random() < 0.05) world.recut();
      await world.run(200);
    }
    const taken = made(world).flat();
    expect([seed, new Set(taken).size]).toEqual([seed, taken.length]);
    world.faults = NO_FAULTS;
    world.recut();
    for (const server of world.servers) if (server.joiner === undefined) server.start();
    await world.run(60_000);
    // Of six servers that expect two, pairs that never met may have made clusters of their own.
    counts.set(made(world).length, (counts.get(made(world).length) ?? 0) + 1);
    if (made(world).length === 1) expect([seed, world.clusters.length]).toEqual([seed, 1]);
    expect([seed, made(world).length >= 1]).toEqual([seed, true]);
    for (const server of world.servers) server.stop();
  }
  // Mostly one; enough runs must have had the chance of two for the rule above to mean something.
  expect(counts.get(1) ?? 0).toBeGreaterThan(SEEDS / 2);
}, 120_000);
