import type { Clock } from "../ports/clock.ts";
import type { Publisher } from "../state/publisher.ts";
import type { QueryResult } from "../state/query.ts";
import type { Interest } from "../state/topics.ts";
import { Turns } from "./turns.ts";

/**
 * Runs a read again after each change of what it looked at, while its answer is what the caller has, or until the wait is
 * over, all was replaced by a restore, or this agent stops; then the last answer stands. `first` was read in this very turn,
 * and reading and subscribing happen in one turn, so no change falls between. `confirm` is awaited before each read.
 */
export async function blockingRead<A extends { readonly result: Pick<QueryResult<unknown>, "interest"> }>(
  first: A,
  read: () => A,
  isKnown: (answer: A) => boolean,
  waitMs: number,
  deps: { publisher: Publisher; clock: Clock; signal: AbortSignal; confirm?: (() => Promise<void>) | undefined },
): Promise<A> {
  let answer = first;
  const deadlineMs = deps.clock.monotonicMs() + waitMs;
  // A restored state may have lower indexes: whoever waits has to see it, and begins anew. Consul, too, ends all waits then.
  const { reloads } = deps.publisher;
  while (isKnown(answer) && !deps.signal.aborted && deps.publisher.reloads === reloads) {
    const leftMs = deadlineMs - deps.clock.monotonicMs();
    if (leftMs <= 0 || !(await changed(answer.result.interest, leftMs, deps))) return answer;
    await turnsOf(deps).take();
    if (deps.confirm !== undefined && !deps.publisher.isClosed) await deps.confirm();
    answer = read();
  }
  return answer;
}

const perPublisher = new WeakMap<Publisher, Turns>();

/** Those that wait for one publisher take turns. */
function turnsOf({ publisher, clock }: { publisher: Publisher; clock: Clock }): Turns {
  let turns = perPublisher.get(publisher);
  if (turns === undefined) {
    turns = new Turns(clock);
    perPublisher.set(publisher, turns);
  }
  return turns;
}

/** True when what was looked at changed; false when the time is over or the caller has gone. */
function changed(
  interest: Interest,
  timeoutMs: number,
  { publisher, clock, signal }: { publisher: Publisher; clock: Clock; signal: AbortSignal },
): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (woken: boolean) => {
      unsubscribe();
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
      resolve(woken);
    };
    const onAbort = () => end(false);
    const unsubscribe = publisher.subscribe(interest, () => end(true));
    const timer = clock.after(timeoutMs, () => end(false));
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
