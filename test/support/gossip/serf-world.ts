import { type Endpoint, OWN_VERSIONS, type SerfMessage } from "../../../src/gossip/messages.ts";
import type { KeyOrders, SerfOptions, SnapshotStore } from "../../../src/gossip/serf/options.ts";
import { metaOf, Serf } from "../../../src/gossip/serf/serf.ts";
import type { SwimMember, SwimPort } from "../../../src/gossip/swim/delegate.ts";
import { TIMINGS } from "../../../src/gossip/timing.ts";
import type { PoolEvent, Tags } from "../../../src/gossip/types.ts";
import { decodeSerf, encodeSerf } from "../../../src/gossip/wire/serf.ts";
import { ManualClock, settle } from "../manual-clock.ts";
import { RecordingLogger } from "../recording-logger.ts";
import { silentMeter } from "../silent.ts";
import { SeededRandom } from "./seeded-random.ts";

const BUDGET_BYTES = 1398;
const PART_BYTES = 2;
const TURN_MS = 1;

export const HOUR_MS = 3600_000;
export const text = (words: string): Uint8Array => new TextEncoder().encode(words);
export const words = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The membership below Serf's layer, as a test wants it: who knows whom, who is silent, what is on its way. */
class FakeSwim implements SwimPort {
  readonly name: string;
  readonly at: Endpoint;
  readonly healthScore = 0;
  readonly known = new Map<string, SwimMember>();
  /** Messages to one member. */
  readonly sent: { to: Endpoint; message: SerfMessage; withCrc: boolean }[] = [];
  wakes = 0;
  readonly #node: SerfNode;

  constructor(node: SerfNode, name: string, at: Endpoint, tags: Tags) {
    this.#node = node;
    this.name = name;
    this.at = at;
    this.known.set(name, this.memberOf(name, at, metaOf(tags)));
  }

  memberOf(name: string, at: Endpoint, meta: Uint8Array): SwimMember {
    const changedMs = this.#node.world.clock.monotonicMs();
    return { name, at, meta, versions: OWN_VERSIONS, incarnation: 1, state: "alive", changedMs };
  }
  get self(): SwimMember {
    return this.known.get(this.name) as SwimMember;
  }
  members(): Iterable<SwimMember> {
    return this.known.values();
  }
  member(name: string): SwimMember | undefined {
    return this.known.get(name);
  }
  get size(): number {
    return this.known.size;
  }
  get aliveCount(): number {
    return [...this.known.values()].filter(({ state }) => state === "alive" || state === "suspect").length;
  }
  send(to: Endpoint, payload: Uint8Array, withCrc: boolean): void {
    this.sent.push({ to, message: decodeSerf(payload), withCrc });
    this.#node.world.deliver(this.at, to, payload);
  }
  pushPull(to: Endpoint, isJoin: boolean): Promise<void> {
    return this.#node.world.exchange(this.#node, to, isJoin);
  }
  leave(): Promise<void> {
    this.#node.world.bury(this.name, "left");
    return Promise.resolve();
  }
  setMeta(meta: Uint8Array): void {
    for (const node of this.#node.world.nodes.values()) node.hearsOfMeta(this.name, meta);
  }
  wake(): void {
    this.wakes++;
  }
}

/** One member of a world. */
export class SerfNode {
  readonly world: SerfWorld;
  readonly swim: FakeSwim;
  readonly serf: Serf;
  readonly log = new RecordingLogger();
  /** `join b`, `failed b`, `user deploy v1`, `query uptime`, in order. */
  readonly events: string[] = [];
  readonly queries: Extract<PoolEvent, { kind: "query" }>["query"][] = [];
  readonly conflicts: Endpoint[] = [];
  isDown = false;

  constructor(world: SerfWorld, name: string, at: Endpoint, options: Partial<SerfOptions>) {
    this.world = world;
    const tags = options.tags ?? {};
    this.swim = new FakeSwim(this, name, at, tags);
    this.serf = new Serf({
      name,
      tags,
      timing: TIMINGS.lan,
      reconnectTimeoutMs: 72 * HOUR_MS,
      tombstoneTimeoutMs: 24 * HOUR_MS,
      leavePropagateDelayMs: 1000,
      rejoinAfterLeave: false,
      keyring: undefined,
      snapshot: undefined,
      refuse: () => undefined,
      onEvent: (event) => this.#note(event),
      onNameConflict: (other) => this.conflicts.push(other),
      matches: (expression, value) => new RegExp(expression).test(value),
      clock: world.clock,
      random: new SeededRandom(1, name),
      log: this.log,
      meter: silentMeter,
      ...options,
    });
    this.serf.attach(this.swim);
    this.serf.onJoin(this.swim.self);
    this.serf.start();
  }

  get name(): string {
    return this.swim.name;
  }
  statusOf(name: string): string | undefined {
    return this.serf.member(name)?.status;
  }
  /** A message as from the network. */
  hears(message: SerfMessage): void {
    this.serf.onUserMessage(encodeSerf(message), this.swim.at);
  }
  /** All that waits for everybody; it is taken out. */
  waiting(): SerfMessage[] {
    return this.serf.broadcasts(PART_BYTES, BUDGET_BYTES).map((packed) => decodeSerf(packed.subarray(1)));
  }
  /** Also again, and also at another address. */
  knows({ name, at, meta }: SwimMember): void {
    const before = this.swim.known.get(name);
    if (before?.state === "alive" && before.at === at) return;
    const member = this.swim.memberOf(name, at, meta);
    this.swim.known.set(name, member);
    this.serf.onJoin(member);
  }
  loses(name: string, state: "dead" | "left"): void {
    const before = this.swim.known.get(name);
    if (before === undefined || before.state === "dead" || before.state === "left") return;
    const member = { ...before, state };
    this.swim.known.set(name, member);
    this.serf.onLeave(member);
  }
  hearsOfMeta(name: string, meta: Uint8Array): void {
    const before = this.swim.known.get(name);
    if (before === undefined) return;
    this.swim.known.set(name, { ...before, meta });
    this.serf.onUpdate({ ...before, meta });
  }

  #note(event: PoolEvent): void {
    if (event.kind === "user") this.events.push(`user ${event.name} ${words(event.payload)}`);
    else if (event.kind === "query") {
      this.events.push(`query ${event.query.name}`);
      this.queries.push(event.query);
    } else this.events.push(`${event.kind} ${event.member.name}`);
  }
}

/** Members over a network that loses nothing, unless it is told to. */
export class SerfWorld {
  readonly clock = new ManualClock();
  readonly nodes = new Map<string, SerfNode>();
  /** Messages to one member that are dropped. */
  loses: (from: Endpoint, to: Endpoint) => boolean = () => false;
  #addresses = 0;

  /** A member that knows nobody; one of the same name is replaced. */
  add(name: string, options: Partial<SerfOptions> = {}): SerfNode {
    const node = new SerfNode(this, name, { address: `10.0.0.${++this.#addresses}`, port: 8301 }, options);
    this.nodes.set(name, node);
    return node;
  }
  /** Members that all know each other. */
  pool(...names: string[]): SerfNode[] {
    const nodes = names.map((name) => this.add(name));
    for (const node of nodes) for (const other of nodes) if (other !== node) node.knows(other.swim.self);
    return nodes;
  }
  deliver(from: Endpoint, to: Endpoint, payload: Uint8Array): void {
    if (this.loses(from, to)) return;
    this.clock.after(TURN_MS, () => {
      const node = this.#at(to);
      if (node !== undefined) node.serf.onUserMessage(payload.slice(), from);
    });
  }
  async exchange(own: SerfNode, to: Endpoint, isJoin: boolean): Promise<void> {
    const other = this.#at(to);
    if (other === undefined) throw new Error("connection refused");
    const [ownState, otherState] = [own.serf.localState(), other.serf.localState()];
    const [ownKnown, otherKnown] = [[...own.swim.members()], [...other.swim.members()]];
    this.#merge(other, ownKnown, ownState, isJoin);
    this.#merge(own, otherKnown, otherState, isJoin);
  }
  /** The membership finds that a member is gone. */
  bury(name: string, state: "dead" | "left"): void {
    const node = this.nodes.get(name);
    if (node !== undefined && state === "dead") node.isDown = true;
    for (const other of this.nodes.values()) if (!other.isDown) other.loses(name, state);
  }
  /** Everybody tells everybody until nothing waits. */
  async gossip(roundsMax = 100): Promise<void> {
    for (let round = 0; round < roundsMax; round++) {
      let isQuiet = true;
      for (const node of this.nodes.values()) {
        for (const other of this.nodes.values()) {
          if (other === node || node.isDown || other.isDown || !node.swim.known.has(other.name)) continue;
          for (const packed of node.serf.broadcasts(PART_BYTES, BUDGET_BYTES)) {
            isQuiet = false;
            other.serf.onUserMessage(packed.slice(1), node.swim.at);
          }
        }
      }
      this.clock.advance(TURN_MS);
      await settle();
      if (isQuiet) return;
    }
    throw new Error(`gossip does not come to rest in ${roundsMax} rounds`);
  }
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }

  #merge(node: SerfNode, known: readonly SwimMember[], state: Uint8Array, isJoin: boolean): void {
    for (const member of known) {
      // Who is gone is told by `bury`: incarnations, which would say whose word is newer, are not played here.
      if (member.name !== node.name && member.state === "alive") node.knows(member);
    }
    node.serf.mergeState(state, isJoin);
  }
  #at(to: Endpoint): SerfNode | undefined {
    return [...this.nodes.values()].find(
      ({ swim, isDown }) => !isDown && swim.at.address === to.address && swim.at.port === to.port,
    );
  }
}

/** A disk that holds one text. */
export class MemorySnapshot implements SnapshotStore {
  text: string;
  readonly writes: { text: string; durable: boolean }[] = [];
  failure: Error | undefined;

  constructor(kept = "") {
    this.text = kept;
  }
  async store(kept: string, durable: boolean): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.text = kept;
    this.writes.push({ text: kept, durable });
  }
}

/** Keys as texts of 16 bytes, the first the primary. */
export class MemoryKeys implements KeyOrders {
  list: string[];
  stores = 0;
  failure: Error | undefined;

  constructor(...keys: string[]) {
    this.list = keys;
  }
  keys(): readonly Uint8Array[] {
    return this.list.map(text);
  }
  add(key: Uint8Array): void {
    if (key.length !== 16) throw new Error("key size must be 16, 24 or 32 bytes");
    if (!this.list.includes(words(key))) this.list.push(words(key));
  }
  use(key: Uint8Array): void {
    if (!this.list.includes(words(key))) throw new Error("Requested key is not in the keyring");
    this.list = [words(key), ...this.list.filter((other) => other !== words(key))];
  }
  remove(key: Uint8Array): void {
    if (this.list[0] === words(key)) throw new Error("Removing the primary key is not allowed");
    this.list = this.list.filter((other) => other !== words(key));
  }
  async store(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.stores++;
  }
}
