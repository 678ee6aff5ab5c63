/** What a run must hold to. */
export type Invariant =
  | "one leader a term"
  | "no leader within another's lease"
  | "leaders only append"
  | "logs match"
  | "leaders have all that is committed"
  | "one command an index"
  | "equal states at equal indexes"
  | "one vote a term"
  | "durable before said"
  | "nothing goes back"
  | "committed is durable on a quorum"
  | "one change at a time"
  | "leaders have a vote"
  | "no stale read"
  | "answers are true"
  | "linearizable"
  | "liveness"
  | "no needless election"
  | "no assertion fails";

/** A run that broke an invariant ends with it. */
export class Violation extends Error {
  readonly invariant: Invariant;

  constructor(invariant: Invariant, text: string) {
    super(text);
    this.invariant = invariant;
  }
}

export function must(condition: boolean, invariant: Invariant, text: () => string): void {
  if (!condition) throw new Violation(invariant, text());
}
