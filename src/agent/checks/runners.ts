import type { CheckRun } from "../../model/definition-check.ts";
import { nsToMs } from "../../model/go-decode.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Check, CheckResult, CheckRunners, Report } from "./check.ts";
import { type CheckKind, checkKind } from "./kind.ts";
import { outputLimit } from "./output.ts";
import { CHECK_INTERVAL_MIN_MS } from "./polled.ts";
import { TtlCheck } from "./ttl.ts";

/** What every kind gets to make a check of a definition. */
export interface CheckContext {
  id: string;
  run: CheckRun;
  /** The status and output that the check has now. */
  current: CheckResult;
  outputBytesMax: number;
  report: Report;
}

/** Makes a check of one kind. */
export type CheckFactory = (context: CheckContext) => Check;

export interface RunnersOptions {
  clock: Clock;
  log: Logger;
  /** Consul's `check_output_max_size`. */
  outputBytesMax: number;
  /** Every kind but TTL, which needs nothing from outside. */
  factories: Readonly<Record<Exclude<CheckKind, "ttl">, CheckFactory>>;
  /** Where results go. */
  report: (id: string, result: CheckResult) => void;
}

/** The checks at work, by id. */
export class Runners implements CheckRunners {
  readonly #options: RunnersOptions;
  readonly #running = new Map<string, Check>();

  constructor(options: RunnersOptions) {
    this.#options = options;
  }

  start(id: string, run: CheckRun, current: CheckResult): void {
    this.stop(id);
    const kind = checkKind(run);
    if (kind === undefined) return;
    if (run.Interval > 0 && nsToMs(run.Interval) < CHECK_INTERVAL_MIN_MS) {
      this.#options.log.warn("check has interval below minimum", { check: id, minimum_interval: "1s" });
    }
    const check = this.#make(kind, {
      id,
      run,
      current,
      outputBytesMax: outputLimit(this.#options.outputBytesMax, run.OutputMaxSize),
      // A check that was replaced meanwhile has nothing to say any more.
      report: (result) => {
        if (this.#running.get(id) === check) this.#report(id, result);
      },
    });
    this.#running.set(id, check);
    check.start();
  }

  #make(kind: CheckKind, context: CheckContext): Check {
    if (kind !== "ttl") return this.#options.factories[kind](context);
    return new TtlCheck({
      clock: this.#options.clock,
      ttlMs: nsToMs(context.run.TTL),
      outputBytesMax: context.outputBytesMax,
      report: context.report,
    });
  }

  #report(id: string, result: CheckResult): void {
    if (result.status === "critical") this.#options.log.warn("Check is now critical", { check: id });
    else this.#options.log.debug("Check status updated", { check: id, status: result.status });
    this.#options.report(id, result);
  }

  stop(id: string): void {
    this.#running.get(id)?.stop();
    this.#running.delete(id);
  }

  updateTtl(id: string, result: CheckResult): { result: CheckResult; ttlMs: number } | undefined {
    const check = this.#running.get(id);
    if (!(check instanceof TtlCheck)) return undefined;
    return { result: check.update(result), ttlMs: check.ttlMs };
  }

  /** Stops all checks, for the agent's end. */
  stopAll(): void {
    for (const check of this.#running.values()) check.stop();
    this.#running.clear();
  }
}
