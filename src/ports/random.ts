/** Randomness as the cores see it, so that one seed replays a run. */
export interface Random {
  /** A random version 4 UUID. */
  uuid(): string;
  /** Uniform in [0, 1). */
  float(): number;
}
