import type { HealthCheck } from "../../model/check.ts";
import type { CheckRun } from "../../model/definition-check.ts";
import { nsToMs } from "../../model/go-decode.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Check, CheckResult, Report } from "./check.ts";

const REMOTE_INTERVAL_MS = 10_000;

/** What an alias copies from: the services and checks of one node. */
export interface AliasView {
  serviceIds: ReadonlySet<string>;
  checks: readonly HealthCheck[];
}

export interface AliasSource {
  nodeName: string;
  /** This node as it is now. */
  local(): AliasView;
  /** Calls `listener` after each change of this node. */
  subscribe(listener: () => void): () => void;
  /** Another node, from the catalog. */
  remote(node: string): Promise<AliasView>;
}

export interface AliasOptions {
  id: string;
  run: CheckRun;
  source: AliasSource;
  clock: Clock;
  report: Report;
}

/** Has the worst status of a service's checks and its node's. Follows this node at once and other nodes by asking. */
export class AliasCheck implements Check {
  readonly #options: AliasOptions;
  #unsubscribe: (() => void) | undefined;
  #timer: Timer | undefined;
  #last: CheckResult | undefined;
  #isStopped = false;
  #isQueued = false;

  constructor(options: AliasOptions) {
    this.#options = options;
  }

  start(): void {
    const { run, source } = this.#options;
    const isLocal = run.AliasNode === "" || run.AliasNode.toLowerCase() === source.nodeName.toLowerCase();
    if (!isLocal) {
      void this.#ask();
      return;
    }
    this.#unsubscribe = source.subscribe(() => this.#followSoon());
    this.#follow();
  }

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe?.();
    this.#timer?.cancel();
  }

  /** Once for all changes of one turn. */
  #followSoon(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    queueMicrotask(() => {
      this.#isQueued = false;
      if (!this.#isStopped) this.#follow();
    });
  }

  #follow(): void {
    const { id, run, source } = this.#options;
    this.#reportChange(judgeAlias(id, run, source.local()));
  }

  /** It looks after every change of its node, and most of them don't concern it. */
  #reportChange(result: CheckResult): void {
    if (result.status === this.#last?.status && result.output === this.#last.output) return;
    this.#last = result;
    this.#options.report(result);
  }

  async #ask(): Promise<void> {
    const { id, run, source, clock } = this.#options;
    let result: CheckResult;
    try {
      result = judgeAlias(id, run, await source.remote(run.AliasNode));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      result = { status: "critical", output: `Failure checking aliased node or service: ${text}` };
    }
    if (this.#isStopped) return;
    this.#reportChange(result);
    const delayMs = run.Interval > 0 ? nsToMs(run.Interval) : REMOTE_INTERVAL_MS;
    this.#timer = clock.after(delayMs, () => void this.#ask());
  }
}

/** The worst of what an alias looks at. Its own result never counts, or a critical alias would stay so for ever. */
export function judgeAlias(id: string, run: CheckRun, view: AliasView): CheckResult {
  let result: CheckResult = { status: "passing", output: "No checks found." };
  let isFound = run.AliasService === "" || view.serviceIds.has(run.AliasService);
  for (const check of view.checks) {
    const isOfService = check.ServiceID === run.AliasService;
    if (check.CheckID === id || (check.ServiceID !== "" && !isOfService)) continue;
    if (isOfService) isFound = true;
    if (check.Status !== "critical" && check.Status !== "warning") {
      if (result.status === "passing") result = { status: "passing", output: "All checks passing." };
      continue;
    }
    if (check.Status === "critical" || result.status === "passing") {
      // An alias of an alias says what that one says: two that look at each other would else grow without end.
      const said =
        check.Type === "alias" ? check.Output : `Aliased check ${JSON.stringify(check.Name)} failing: ${check.Output}`;
      result = { status: check.Status, output: said };
    }
    if (check.Status === "critical") break;
  }
  if (isFound) return result;
  return { status: "critical", output: `Service ${run.AliasService} could not be found on node ${run.AliasNode}` };
}
