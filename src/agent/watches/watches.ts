import type { WatchDefinition } from "../../model/watch/definition.ts";
import type { FileStore } from "../../ports/file-store.ts";
import { ConcurrencyLimit } from "../checks/limit.ts";
import { type HandlerDeps, makeHandler } from "./handlers.ts";
import { DeliveryLedger } from "./ledger.ts";
import { sha256, Watch, type WatchDeps } from "./watch.ts";

/** Handlers of all watches that run at once; the others wait. */
const HANDLERS_RUNNING_MAX = 128;

export interface WatchesDeps extends HandlerDeps, Pick<WatchDeps, "ask" | "clock"> {
  readonly files: FileStore;
}

interface Running {
  readonly watch: Watch;
  readonly key: string;
}

/** The watches of the configuration, and what they have delivered. */
export class Watches {
  readonly #deps: WatchesDeps;
  readonly #stopping = new AbortController();
  readonly #room = new ConcurrencyLimit(HANDLERS_RUNNING_MAX);
  #ledger: DeliveryLedger | undefined;
  /** By definition, and by a number where several are equal. */
  readonly #running = new Map<string, Running>();
  /** Watches that were taken out, while their handler runs; by their key in the ledger. */
  readonly #ending = new Map<string, Promise<void>>();

  constructor(deps: WatchesDeps) {
    this.#deps = deps;
  }

  /** Runs exactly these. A watch whose definition has not changed goes on as if nothing had happened. */
  async run(definitions: readonly WatchDefinition[]): Promise<void> {
    const { log } = this.#deps;
    this.#ledger ??= await DeliveryLedger.open(this.#deps.files, log);
    const ledger = this.#ledger;
    const wanted = numbered(definitions);
    for (const [id, running] of this.#running) {
      if (wanted.has(id)) continue;
      this.#running.delete(id);
      this.#end(running);
    }
    const keys = await keysOf(definitions);
    await ledger.keepOnly(new Set(keys));
    if (this.#stopping.signal.aborted) return;
    for (const [at, [id, definition]] of [...wanted].entries()) {
      if (this.#running.has(id)) continue;
      const key = keys[at] ?? "";
      const watch = this.#watch(definition, key, ledger);
      this.#running.set(id, { watch, key });
      watch.start(this.#ending.get(key));
    }
  }

  /** Ends the handlers that run, with all that they started. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const running of this.#running.values()) this.#end(running);
    this.#running.clear();
    await Promise.all(this.#ending.values());
  }

  #watch(definition: WatchDefinition, key: string, ledger: DeliveryLedger): Watch {
    const { ask, clock, log } = this.#deps;
    return new Watch(definition, key, {
      call: makeHandler(definition.handler, this.#deps),
      ...{ ask, clock, log, ledger, room: this.#room, stopping: this.#stopping.signal },
    });
  }

  #end({ watch, key }: Running): void {
    const before = this.#ending.get(key);
    const ending = Promise.all([before, watch.close()]).then(() => {
      if (this.#ending.get(key) === ending) this.#ending.delete(key);
    });
    this.#ending.set(key, ending);
  }
}

/** The definitions by an id that a reload finds them by; equal ones are told apart by their order. */
function numbered(definitions: readonly WatchDefinition[]): Map<string, WatchDefinition> {
  const seen = new Map<string, number>();
  return new Map(definitions.map((definition) => [nth(seen, definition.identity), definition]));
}

/** Names in the ledger, in the order of the definitions. */
async function keysOf(definitions: readonly WatchDefinition[]): Promise<string[]> {
  const seen = new Map<string, number>();
  return await Promise.all(definitions.map(({ subject }) => sha256(nth(seen, subject))));
}

function nth(seen: Map<string, number>, text: string): string {
  const number = (seen.get(text) ?? 0) + 1;
  seen.set(text, number);
  return number === 1 ? text : `${text}#${number}`;
}
