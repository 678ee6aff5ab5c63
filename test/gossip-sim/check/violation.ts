/** What must hold in every run. */
export type Invariant =
  | "a later state has a higher incarnation, or is worse at the same one"
  | "a member thinks that it is alive until it leaves"
  | "a message for everybody is sent a limited number of times"
  | "all agree in the end"
  | "who is at rest has nothing to say"
  | "without a fault nobody is suspected"
  | "who leaves has left, and is not dead"
  | "who has all others within reach is dead to none of them"
  | "who has come back stays"
  | "who is slow alone buries nobody"
  | "who stands still alone accuses nobody"
  | "one link that is cut accuses nobody"
  | "the dead are found in time, and not too early"
  | "no assertion fails";

export class Violation extends Error {
  readonly invariant: Invariant;

  constructor(invariant: Invariant, text: string) {
    super(text);
    this.invariant = invariant;
  }
}
