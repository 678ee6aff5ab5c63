/** A thing's value as text, null when there is none, and its ModifyIndex, 0 when nobody asked for it. */
export interface State {
  readonly value: string | null;
  readonly index: number;
}

const ABSENT: State = { value: null, index: 0 };

/** What is known of one thing that only one client changes: what it was answered, and what it may have become. */
export class Belief {
  #sure = ABSENT;
  #maybe: State | undefined;

  get sure(): State {
    return this.#sure;
  }

  /** Runs a request that makes it `value`; when no answer comes, both are possible from now on. */
  async change(value: string | null, request: () => Promise<unknown>): Promise<void> {
    this.#maybe = { value, index: 0 };
    await request();
    this.#sure = this.#maybe;
    this.#maybe = undefined;
  }

  /** A read by the client that owns it. Returns what is wrong with it, or undefined. */
  see(seen: State | undefined): string | undefined {
    const { value, index } = seen ?? ABSENT;
    const [sure, maybe] = [this.#sure, this.#maybe];
    if (value === sure.value && (sure.index === 0 || index === sure.index)) this.#sure = { value, index };
    else if (maybe !== undefined && value === maybe.value && (value === null || index >= sure.index))
      this.#sure = { value, index };
    else return `is ${describe({ value, index })}, answered was ${describe(sure)}, unanswered ${describe(maybe)}`;
    this.#maybe = undefined;
    return undefined;
  }
}

function describe(state: State | undefined): string {
  return state === undefined ? "nothing" : `${state.value ?? "absent"}@${state.index}`;
}
