import type { Model, Operation } from "./history.ts";

/** Steps of the search for each key; far above what a correct history takes, which is about one for each operation. */
const STEPS_PER_KEY_MAX = 3_000_000;
const SHOWN = 8;

export type Verdict =
  | { readonly outcome: "linearizable" }
  /** No order explains what was answered for `key`. */
  | { readonly outcome: "violation"; readonly key: string; readonly explanation: string }
  /** The search for these keys was given up; the others are fine. */
  | { readonly outcome: "unknown"; readonly keys: readonly string[]; readonly explanation: string };

/**
 * Whether some order of the operations, each somewhere between its call and its return, gives the answers that were
 * given (Herlihy and Wing). The search is Wing and Gong's with Lowe's memory of what was tried, for one key after the other.
 */
export function checkHistory<Input, Output, State>(
  operations: readonly Operation<Input, Output>[],
  model: Model<Input, Output, State>,
  stepsPerKeyMax = STEPS_PER_KEY_MAX,
): Verdict {
  const given: { key: string; explanation: string }[] = [];
  for (const [key, ofKey] of Map.groupBy(operations, (operation) => operation.key)) {
    const { outcome, explanation } = new Search(ofKey, model, stepsPerKeyMax).run();
    if (outcome === "violation") return { outcome, key, explanation: `${key}: ${explanation}` };
    if (outcome === "unknown") given.push({ key, explanation: `${key}: ${explanation}` });
  }
  if (given.length === 0) return { outcome: "linearizable" };
  const explanation = given.map((each) => each.explanation).join("\n");
  return { outcome: "unknown", keys: given.map(({ key }) => key), explanation };
}

/** A call or a return in a doubly linked list in the order of time; the head is neither. */
interface Entry {
  previous: Entry | undefined;
  next: Entry | undefined;
  readonly at: number;
  /** Position among the operations with an answer; -1 for the head. */
  readonly index: number;
  readonly isCall: boolean;
}

/** A choice that may be taken back: where it was taken and the state before. */
interface Choice<State> {
  readonly before: State;
  readonly entry: Entry;
  /** Position among those without an answer; -1 when the chosen one is that of `entry`. */
  readonly open: number;
}

type Found = { outcome: "linearizable" | "violation" | "unknown"; explanation: string };

class Search<Input, Output, State> {
  readonly #model: Model<Input, Output, State>;
  /** With an answer, and without one, each by their calls. */
  readonly #known: readonly Operation<Input, Output>[];
  readonly #open: readonly Operation<Input, Output>[];
  readonly #twins: readonly (string | undefined)[];
  readonly #stepsMax: number;
  readonly #head: Entry = {
    previous: undefined,
    next: undefined,
    at: Number.NEGATIVE_INFINITY,
    index: -1,
    isCall: false,
  };
  readonly #returns: Entry[] = [];
  readonly #isDone: Uint8Array;
  readonly #isOpenDone: Uint8Array;
  readonly #choices: Choice<State>[] = [];
  /** By what is done of those with an answer and the state: what was used up of the others. */
  readonly #seen = new Map<string, bigint[]>();
  /** All before it are done. */
  #low = 0;
  #done = 0;
  #openDone = 0n;
  #state: State;
  #deepest = { length: -1, text: "" };

  constructor(operations: readonly Operation<Input, Output>[], model: Model<Input, Output, State>, stepsMax: number) {
    this.#model = model;
    this.#stepsMax = stepsMax;
    this.#state = model.initial;
    const byCall = operations.toSorted((a, b) => a.call - b.call);
    this.#known = byCall.filter((operation) => operation.return !== "unknown");
    this.#open = byCall.filter((operation) => operation.return === "unknown" && !model.isRead(operation.input));
    this.#twins = this.#open.map(({ input }) => model.twins?.(input));
    this.#isDone = new Uint8Array(this.#known.length);
    this.#isOpenDone = new Uint8Array(this.#open.length);
    this.#link();
  }

  #link(): void {
    const entries = this.#known.flatMap((operation, index) => [
      { previous: undefined, next: undefined, at: operation.call, index, isCall: true },
      { previous: undefined, next: undefined, at: Number(operation.return), index, isCall: false },
    ]);
    // At the same time calls come first: then the two may stand in either order.
    entries.sort((a, b) => a.at - b.at || Number(b.isCall) - Number(a.isCall));
    let last = this.#head;
    for (const entry of entries as Entry[]) {
      last.next = entry;
      entry.previous = last;
      last = entry;
      if (!entry.isCall) this.#returns[entry.index] = entry;
    }
  }

  run(): Found {
    let entry = this.#head.next;
    let openFrom = 0;
    for (let steps = 0; entry !== undefined; steps++) {
      if (steps > this.#stepsMax) {
        this.#remember(entry);
        return { outcome: "unknown", explanation: `given up after ${steps} steps. ${this.#deepest.text}` };
      }
      if (entry.isCall) {
        // A call that was just taken back is passed over: what follows it was seen.
        entry = this.#take(entry, -1) ? this.#head.next : entry.next;
        continue;
      }
      // Somebody was answered here, so what explains it must have taken effect: perhaps one that nobody was answered.
      const open = this.#takeOpen(entry, openFrom);
      openFrom = 0;
      if (open) {
        entry = this.#head.next;
        continue;
      }
      this.#remember(entry);
      const choice = this.#choices.pop();
      if (choice === undefined) return { outcome: "violation", explanation: this.#deepest.text };
      this.#undo(choice);
      if (choice.open >= 0) {
        entry = choice.entry;
        openFrom = choice.open + 1;
      } else entry = choice.entry.next;
    }
    return { outcome: "linearizable", explanation: "" };
  }

  #takeOpen(entry: Entry, from: number): boolean {
    for (let open = from; open < this.#open.length; open++) {
      const operation = this.#open[open];
      if (operation === undefined || operation.call > entry.at) return false;
      if (this.#isOpenDone[open] === 1 || this.#hasEarlierTwin(open)) continue;
      if (this.#take(entry, open)) return true;
    }
    return false;
  }

  #hasEarlierTwin(open: number): boolean {
    const name = this.#twins[open];
    if (name === undefined) return false;
    const first = this.#twins.findIndex((twin, at) => twin === name && this.#isOpenDone[at] === 0);
    return first < open;
  }

  /** Lets an operation take effect now. False when it can't, or when that leads to where the search has been. */
  #take(entry: Entry, open: number): boolean {
    const operation = open < 0 ? this.#known[entry.index] : this.#open[open];
    if (operation === undefined) return false;
    const next = this.#model.step(this.#state, operation.input, operation.output);
    if (next === undefined) return false;
    const choice = { before: this.#state, entry, open };
    this.#apply(choice, next);
    if (this.#wasHere()) {
      this.#undo(choice);
      return false;
    }
    this.#choices.push(choice);
    return true;
  }

  /** Whether the search was at this place before with no fewer left to choose from; else it was now. */
  #wasHere(): boolean {
    const place = this.#place();
    const used = this.#seen.get(place);
    if (used === undefined) this.#seen.set(place, [this.#openDone]);
    else if (used.some((each) => (each & this.#openDone) === each)) return true;
    else used.push(this.#openDone);
    return false;
  }

  #apply({ entry, open }: Choice<State>, next: State): void {
    this.#state = next;
    if (open >= 0) {
      this.#isOpenDone[open] = 1;
      this.#openDone |= 1n << BigInt(open);
      return;
    }
    this.#isDone[entry.index] = 1;
    this.#done++;
    while (this.#isDone[this.#low] === 1) this.#low++;
    for (const each of [entry, this.#returns[entry.index]]) {
      if (each?.previous !== undefined) each.previous.next = each.next;
      if (each?.next !== undefined) each.next.previous = each.previous;
    }
  }

  #undo({ before, entry, open }: Choice<State>): void {
    this.#state = before;
    if (open >= 0) {
      this.#isOpenDone[open] = 0;
      this.#openDone &= ~(1n << BigInt(open));
      return;
    }
    this.#isDone[entry.index] = 0;
    this.#done--;
    this.#low = Math.min(this.#low, entry.index);
    for (const each of [this.#returns[entry.index], entry]) {
      if (each?.previous !== undefined) each.previous.next = each;
      if (each?.next !== undefined) each.next.previous = each;
    }
  }

  /** What is done of those with an answer, and the state. */
  #place(): string {
    let text = `${this.#low}:`;
    // Few are done behind the first that is not: at most those that ran beside it.
    for (let at = this.#low + 1, left = this.#done - this.#low; left > 0; at++) {
      if (this.#isDone[at] !== 1) continue;
      text += `${at - this.#low},`;
      left--;
    }
    return `${text}|${this.#model.fingerprint(this.#state)}`;
  }

  /** Keeps the furthest that an order went, and the answer that it can't explain. */
  #remember(entry: Entry): void {
    if (this.#choices.length <= this.#deepest.length) return;
    const line = (operation: Operation<Input, Output> | undefined) =>
      operation === undefined
        ? ""
        : `  ${operation.call.toFixed(3)}..${Number(operation.return).toFixed(3)} ${operation.client}: ${this.#model.describe(operation.input, operation.output)}\n`;
    const last = this.#choices
      .slice(-SHOWN)
      .map((choice) => line(choice.open < 0 ? this.#known[choice.entry.index] : this.#open[choice.open]));
    const text = `after ${this.#choices.length} operations, of which the last are\n${last.join("")}the state is ${this.#model.fingerprint(this.#state)}, which does not explain\n${line(this.#known[entry.index])}`;
    this.#deepest = { length: this.#choices.length, text };
  }
}
