import { formatDurationNs, NS_PER_MS } from "../lib/duration.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { pause } from "../lib/pause.ts";
import { type ApiContext, errorText } from "./context.ts";
import { HttpStatusError } from "./http.ts";
import type { AgentLog } from "./snapshot-agent-log.ts";

const BEAT_MS = 10_000;
/** Three beats may get lost. */
const TTL_MS = 40_000;

export interface PresenceOptions {
  /** Name of the service. */
  readonly service: string;
  /** Of this machine, for the service's id. */
  readonly host: string;
  /** 0 for never. */
  readonly deregisterAfterMs: number;
}

type Status = "passing" | "warning" | "critical";

/**
 * The agent as a service of the local agent, with the checks "alive" and, while it holds the lock, "saving". What fails
 * here is told and tried again; it never keeps a snapshot from being taken.
 */
export class Presence {
  readonly #world: ApiContext;
  readonly #options: PresenceOptions;
  readonly #log: AgentLog;
  readonly #id: string;
  #saving: { readonly status: Status; readonly output: string } | undefined;
  #isRegistered = false;

  constructor(world: ApiContext, options: PresenceOptions, log: AgentLog) {
    this.#world = world;
    this.#options = options;
    this.#log = log;
    this.#id = `${options.service}:${options.host}`;
  }

  /** Shows that the agent is there until `stop` is aborted; then takes it out. */
  async keep(stop: AbortSignal): Promise<void> {
    do await this.#show();
    while (await pause(this.#world.clock, BEAT_MS, stop));
    if (this.#isRegistered) await this.#try(() => this.#put(`service/deregister/${this.#id}`));
  }

  /** What became of the last snapshot; `undefined` without the lock. */
  async tell(saving: { readonly status: Status; readonly output: string } | undefined): Promise<void> {
    const had = this.#saving !== undefined;
    this.#saving = saving;
    if (!this.#isRegistered) return;
    await this.#try(async () => {
      if (saving === undefined) await this.#put(`check/deregister/${this.#id}:saving`);
      else if (had) await this.#update("saving", saving.status, saving.output);
      else await this.#put("check/register", this.#savingCheck(saving));
    });
  }

  async #show(): Promise<void> {
    await this.#try(async () => {
      if (!this.#isRegistered) await this.#register();
      await this.#update("alive", "passing", "");
      if (this.#saving !== undefined) await this.#update("saving", this.#saving.status, this.#saving.output);
    });
  }

  async #register(): Promise<void> {
    await this.#put("service/register", {
      ID: this.#id,
      Name: this.#options.service,
      Check: { CheckID: `${this.#id}:alive`, Name: "Consul Snapshot Agent Alive", Status: "passing", ...this.#common },
    });
    if (this.#saving !== undefined) await this.#put("check/register", this.#savingCheck(this.#saving));
    this.#isRegistered = true;
  }

  #savingCheck({ status, output }: { readonly status: Status; readonly output: string }): object {
    return {
      ID: `${this.#id}:saving`,
      Name: "Consul Snapshot Agent Saving Snapshots",
      ServiceID: this.#id,
      Status: status,
      Notes: output,
      ...this.#common,
    };
  }

  get #common(): object {
    const { deregisterAfterMs } = this.#options;
    return {
      TTL: duration(TTL_MS),
      ...(deregisterAfterMs === 0 ? {} : { DeregisterCriticalServiceAfter: duration(deregisterAfterMs) }),
    };
  }

  #update(check: "alive" | "saving", status: Status, output: string): Promise<void> {
    return this.#put(`check/update/${this.#id}:${check}`, { Status: status, Output: output });
  }

  async #put(path: string, body?: object): Promise<void> {
    await this.#world.api.put(`/v1/agent/${path}`, body === undefined ? {} : { body: encodeGoJson(body) });
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // An agent that answers and does not know the checks has lost them: they are registered anew at the next beat.
      if (error instanceof HttpStatusError) this.#isRegistered = false;
      this.#log.warn(`The service ${this.#options.service} is not up to date: ${errorText(error)}`);
    }
  }
}

function duration(ms: number): string {
  return formatDurationNs(ms * NS_PER_MS);
}
