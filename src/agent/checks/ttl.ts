import type { Clock, Timer } from "../../ports/clock.ts";
import type { Check, CheckResult, Report } from "./check.ts";
import { cutNote } from "./output.ts";

export interface TtlOptions {
  clock: Clock;
  ttlMs: number;
  outputBytesMax: number;
  report: Report;
}

/** A check that hears from its service: silence longer than the time to live is critical. */
export class TtlCheck implements Check {
  readonly ttlMs: number;
  readonly #options: TtlOptions;
  #timer: Timer | undefined;
  #lastOutput = "";

  constructor(options: TtlOptions) {
    this.ttlMs = options.ttlMs;
    this.#options = options;
  }

  start(): void {
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Takes what the service said and gives it another time to live. Gives back the result as it is kept. */
  update(result: CheckResult): CheckResult {
    const output = cutNote(result.output, this.#options.outputBytesMax);
    this.#lastOutput = output;
    const kept = { status: result.status, output };
    this.#options.report(kept);
    this.#arm();
    return kept;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(this.ttlMs, () => {
      this.#options.report({ status: "critical", output: this.#expiredText() });
    });
  }

  #expiredText(): string {
    const last = this.#lastOutput;
    return last === "" ? "TTL expired" : `TTL expired (last output before timeout follows): ${last}`;
  }
}
