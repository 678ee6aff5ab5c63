/** What became of a refused write: `refused` is certain not to happen, `unknown` may have happened or may still. */
export type Outcome = "refused" | "unknown";

/**
 * An operating error that is answered to whoever asked: a text in Consul's words and the HTTP status that carries it.
 * Programmer errors use `assert`; a Refusal is never logged with a stack.
 */
export class Refusal extends Error {
  readonly status: number;
  /** Set by consensus on a refused write, for clients that must know whether to try again. */
  readonly outcome: Outcome | undefined;
  constructor(message: string, status = 500, outcome?: Outcome) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.outcome = outcome;
  }
}
