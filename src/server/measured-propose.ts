import { SparseTimer } from "../lib/sparse-timer.ts";
import type { Clock } from "../ports/clock.ts";
import type { Meter } from "../ports/meter.ts";
import type { Command } from "../state/commands.ts";
import type { Propose } from "./propose.ts";

/** What Consul's servers call the time of a write, by the first word of the command; `catalog.register` is its own. */
const NAMES: Readonly<Record<string, string>> = {
  kv: "kvs.apply",
  session: "session.apply",
  txn: "txn.apply",
};

/** `propose` with the time from the call to the answer measured; refused writes too. */
export function measuredPropose(propose: Propose, { meter, clock }: { meter: Meter; clock: Clock }): Propose {
  const timers = new Map<string, SparseTimer>();
  const timerOf = (type: Command["type"]) => {
    const name = NAMES[type.slice(0, type.indexOf("."))] ?? type;
    const timer = new SparseTimer(
      () => clock.monotonicMs(),
      (elapsedMs, times) => meter.sample(name, elapsedMs, undefined, times),
    );
    timers.set(type, timer);
    return timer;
  };
  return (command) => {
    const timer = timers.get(command.type) ?? timerOf(command.type);
    const call = timer.start();
    const result = propose(command);
    if (call !== undefined) {
      const stop = () => timer.stop(call);
      result.then(stop, stop);
    }
    return result;
  };
}
