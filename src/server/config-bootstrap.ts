import { Refusal } from "../lib/refusal.ts";
import type { ConfigEntry } from "../model/config-entry/config-entry.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { FindOwn } from "./config-replication-plan.ts";
import type { Propose } from "./propose.ts";

const RETRY_MS = 5000;

export interface ConfigBootstrapDeps {
  /** `config_entries.bootstrap`. */
  entries: readonly ConfigEntry[];
  find: FindOwn;
  propose: Propose;
  clock: Clock;
  log: Logger;
}

/** Writes the config entries of the configuration file when this server begins to lead, and never over one that is there. */
export class ConfigBootstrap {
  readonly #deps: ConfigBootstrapDeps;
  #timer: Timer | undefined;
  #term = 0;

  constructor(deps: ConfigBootstrapDeps) {
    this.#deps = deps;
  }

  lead(): void {
    this.stop();
    void this.#write(this.#term);
  }

  stop(): void {
    this.#term++;
    this.#timer?.cancel();
  }

  async #write(term: number): Promise<void> {
    const { entries, find, propose, log, clock } = this.#deps;
    for (const entry of entries) {
      if (this.#term !== term) return;
      const { Kind, Name } = entry;
      if (find(Kind, Name) !== undefined) continue;
      try {
        const isNew = await propose({ type: "config-entry.set", entry, cas: 0 });
        if (isNew === true) log.info("wrote a config entry of the configuration", { kind: Kind, name: Name });
      } catch (error) {
        if (this.#term !== term) return;
        log.warn("a config entry of the configuration could not be written", {
          kind: Kind,
          name: Name,
          error: String(error),
        });
        // What is refused by the other entries is refused later, too; what found no leader is not.
        if (error instanceof Refusal && error.outcome === undefined) continue;
        this.#timer = clock.after(RETRY_MS, () => void this.#write(term));
        return;
      }
    }
  }
}
