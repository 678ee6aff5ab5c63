/** One request of one client, as the client saw it. Times are of one monotonic clock, in any unit. */
export interface Operation<Input, Output> {
  readonly client: string;
  /** What it touches; nothing else. A history is linearizable when it is so for each key by itself. */
  readonly key: string;
  readonly input: Input;
  readonly call: number;
  /**
   * When the answer was there. "unknown": none came, or one that does not say what became of it; it may take effect at
   * any time after the call, or never. A request that was certainly refused is no part of a history.
   */
  readonly return: number | "unknown";
  /** Undefined when unknown. */
  readonly output: Output | undefined;
}

/** What one key does by itself, one operation after the other. */
export interface Model<Input, Output, State> {
  readonly initial: State;
  /** The state after it, or undefined when this answer can't be given in this state. An output of undefined: none came, and it took effect. */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** Equal for states that no later operation tells apart. */
  fingerprint(state: State): string;
  /** It changes nothing, so without an answer it says nothing. */
  isRead(input: Input): boolean;
  /**
   * Operations without an answer that have the same name here may stand for each other, so that only the one that was
   * called first is tried; undefined for one that is like no other.
   */
  twins?(input: Input): string | undefined;
  /** For whoever reads why a history is wrong. */
  describe(input: Input, output: Output | undefined): string;
}
