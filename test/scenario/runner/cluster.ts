import type { Message } from "../../../src/raft/core/messages.ts";
import { type Effect, type Event, LIMITS, type Limits, type Timing } from "../../../src/raft/core/types.ts";
import type { ScenarioNode } from "./node.ts";
import { Oracle } from "./oracle.ts";
import { effectText, messageText } from "./text.ts";

/** Round numbers, so that traces can be read. */
const TIMING: Timing = {
  electionTimeoutMs: 1000,
  heartbeatMs: 200,
  clockDriftPart: 0.1,
  resendMs: 500,
  commitNotifyMs: 5,
  diskStallMs: 10_000,
};
const CHUNK_BYTES = 4;
/** A cluster that is not quiet by then never is. */
const ROUNDS_MAX = 200;

export type Thread = "append" | "read" | "snapshot";

/** Servers, the messages between them and one clock. Nothing moves unless a command says so. */
export class Cluster {
  readonly nodes = new Map<string, ScenarioNode>();
  /** On their way, in the order they were sent. */
  messages: Message[] = [];
  timing: Timing = { ...TIMING };
  limits: Limits = { ...LIMITS, snapshotChunkBytes: CHUNK_BYTES };
  nowMs = 0;
  isQuiet = false;
  /** Servers `3` that nothing leaves and reaches, and links `1->3` in one direction. */
  readonly cut = new Set<string>();
  #lastId = 0;
  readonly #oracle = new Oracle();
  #printed: string[] = [];
  #indent = "";

  /** For what is asked of a server and answered later. */
  freshId(): number {
    return ++this.#lastId;
  }

  node(id: string): ScenarioNode {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`there is no server ${id}`);
    return node;
  }

  add(node: ScenarioNode): void {
    this.nodes.set(node.id, node);
    this.start(node, 0);
  }

  start(node: ScenarioNode, applied: number): void {
    node.start(this.timing, this.limits, this.nowMs, applied);
  }

  print(line: string): void {
    if (!this.isQuiet) this.#printed.push(this.#indent + line);
  }

  /** Printed also when the log is off. */
  say(line: string): void {
    this.#printed.push(line);
  }

  takePrinted(): string[] {
    const printed = this.#printed;
    this.#printed = [];
    return printed;
  }

  /** Hands an event to a server and does what it wants at once; jobs of its threads wait. */
  step(node: ScenarioNode, event: Event): void {
    const { core } = node;
    if (core === undefined) throw new Error(`server ${node.id} is down`);
    let effects: readonly Effect[];
    try {
      effects = core.step(event, this.nowMs);
    } catch (error) {
      // The server ends itself then, as a process would.
      this.say(`${this.#indent}${node.id} ENDS: ${error instanceof Error ? error.message : error}`);
      node.crash(0);
      return;
    }
    for (const effect of effects) this.#execute(node, effect);
    this.#oracle.check(this.nodes.values(), (text) => this.say(`VIOLATION ${text}`));
  }

  /** The same as `step`, under a line that says what happens. */
  happen(node: ScenarioNode, event: Event, what: string): void {
    this.print(`> ${what}`);
    this.#indent = "  ";
    this.step(node, event);
    this.#indent = "";
  }

  #execute(node: ScenarioNode, effect: Effect): void {
    if (effect.type === "send") {
      const { from, to } = effect.message;
      const isLost = [from, to, `${from}->${to}`].some((place) => this.cut.has(place));
      if (!isLost) this.messages.push(effect.message);
      this.print(`${messageText(effect.message)}${isLost ? " (lost)" : ""}`);
      return;
    }
    this.print(`${node.id} ${effectText(effect)}`);
    switch (effect.type) {
      case "persist":
        node.appends.push({ effect, isRefused: false });
        return;
      case "readEntries":
        node.reads.push(effect);
        return;
      case "readSnapshot":
      case "writeChunk":
      case "installSnapshot":
        node.snapshots.push(effect);
        return;
      case "commit":
        node.commitIndex = effect.index;
        this.#oracle.committed(node, effect.index);
    }
  }

  /** Delivers one message; what is for a server that is down is lost. */
  deliver(message: Message): void {
    const node = this.node(message.to);
    // What arrives shares nothing with what was sent.
    const copy = structuredClone(message);
    if (node.core === undefined) this.print(`> lost: ${messageText(message)}`);
    else this.happen(node, { type: "message", message: copy }, messageText(message));
  }

  /** One job of one thread; false when there was none. */
  work(node: ScenarioNode, thread: Thread): boolean {
    const event = {
      append: () => node.finishAppend(),
      read: () => node.finishRead(),
      snapshot: () => node.finishSnapshotJob(),
    }[thread]();
    if (event === undefined) return false;
    this.happen(node, event, `${node.id} ${workText(event)}`);
    return true;
  }

  /** Messages among `ids` and the jobs of their threads, until nothing is left to do. Time stands still. */
  stabilize(ids: readonly string[]): void {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      let isBusy = false;
      for (const id of ids) {
        const node = this.node(id);
        const mine = this.messages.filter(({ to, from }) => to === id && ids.includes(from));
        this.messages = this.messages.filter((message) => !mine.includes(message));
        for (const message of mine) this.deliver(message);
        let hasWorked = false;
        for (const thread of ["append", "read", "snapshot"] as const) {
          while (node.core !== undefined && this.work(node, thread)) hasWorked = true;
        }
        isBusy ||= mine.length > 0 || hasWorked;
      }
      if (!isBusy) return;
    }
    this.say(`not quiet after ${ROUNDS_MAX} rounds`);
  }

  /** Time passes; the named servers tick at their deadlines, and `afterTick` is called after each. */
  advance(ms: number, ids: readonly string[], afterTick: () => void = () => undefined): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const due = ids
        .map((id) => this.node(id))
        .map((node) => ({ node, atMs: Math.max(this.nowMs, node.core?.nextDeadlineMs ?? Number.POSITIVE_INFINITY) }))
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined || due.atMs > endMs) break;
      this.nowMs = due.atMs;
      this.happen(due.node, { type: "tick" }, `${due.node.id} ticks at ${Math.round(this.nowMs)} ms`);
      afterTick();
    }
    this.nowMs = endMs;
  }
}

function workText(event: Event): string {
  switch (event.type) {
    case "persisted":
      return `wrote #${event.id}`;
    case "appendRefused":
      return `could not append #${event.id}`;
    case "entriesRead":
      return event.entries === undefined
        ? "has no such entries"
        : `loaded ${event.entries.length} entries for ${event.to}`;
    case "snapshotRead":
      return event.chunk === undefined ? "has no such snapshot" : `loaded a part for ${event.to}`;
    case "chunkWritten":
      return event.ok ? `stored up to byte ${event.nextOffset}` : "could not store the part";
    case "snapshotInstalled":
      return event.ok ? `installed ${event.snapshot.index}` : "refused what it received";
    default:
      return event.type;
  }
}
