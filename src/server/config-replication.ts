import { doubled, followIndex, type IndexedAnswer } from "../lib/follow-index.ts";
import { pause } from "../lib/pause.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { ConfigEntryCommand } from "../state/config-entries/commands.ts";
import {
  type Comparison,
  compareSome,
  copyCommands,
  type EntryKey,
  emptyComparison,
  type FindOwn,
  listOfPrimary,
} from "./config-replication-plan.ts";
import type { Propose } from "./propose.ts";

/** A read that waits comes back after this, and all is compared anew. */
const WAIT_S = 300;
/** Entries compared in one turn, in some milliseconds. */
const COMPARED_MAX = 32;
/** Commands proposed together, and the pause after them: some 600 a second at the most. */
const BATCH_MAX = 64;
const BATCH_PAUSE_MS = 100;
/** Between two reads, whatever changes. */
const ROUND_PAUSE_MS = 250;
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 15_000;
/** Entries that hang on each other may need several rounds. */
const PASSES_MAX = 16;

export interface ConfigReplicationDeps {
  /** `GET path` at a server of the primary datacenter. Rejects when none can be reached. */
  ask(path: string, signal: AbortSignal): Promise<IndexedAnswer>;
  find: FindOwn;
  /** Of all entries here. */
  keys(): readonly EntryKey[];
  propose: Propose;
  clock: Clock;
  random: Pick<Random, "float">;
  log: Logger;
}

/**
 * Copies the config entries of the primary datacenter into this one while this server leads: waits at the primary for their
 * change, compares all, and writes what differs.
 */
export class ConfigReplication {
  readonly #deps: ConfigReplicationDeps;
  #controller: AbortController | undefined;

  constructor(deps: ConfigReplicationDeps) {
    this.#deps = deps;
  }

  /** Leading begins. */
  lead(): void {
    this.stop();
    this.#controller = new AbortController();
    void this.#run(this.#controller.signal);
  }

  stop(): void {
    this.#controller?.abort();
    this.#controller = undefined;
  }

  #run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    return followIndex(
      {
        read: (index) => this.#read(index, signal),
        take: async (answer, failuresBefore) => {
          await this.#copy(answer, signal);
          this.#tellSuccess(failuresBefore);
        },
        onFailure: (failures, error) => this.#tellFailure(failures, error),
        retryMs: (failures) => doubled(failures, RETRY_MS_MIN, RETRY_MS_MAX) * (0.5 + random.float() / 2),
        roundPauseMs: ROUND_PAUSE_MS,
        pause: (delayMs) => pause(clock, delayMs, signal),
      },
      signal,
    );
  }

  /** Not stale: a server that is behind would take back what was copied before. */
  async #read(index: number, signal: AbortSignal): Promise<IndexedAnswer> {
    const waiting = index === 0 ? "" : `?index=${index}&wait=${WAIT_S}s`;
    const answer = await this.#deps.ask(`/v1/internal/config-entries${waiting}`, signal);
    if (answer.status !== 200) throw new Error(`the primary datacenter answered ${answer.status}: ${answer.body}`);
    return answer;
  }

  async #copy({ body, index }: IndexedAnswer, signal: AbortSignal): Promise<void> {
    const primary = listOfPrimary(JSON.parse(body));
    // A primary that never had an entry is not one that has deleted them all: it is new, or was lost.
    if (index <= 1 && primary.length === 0) return;
    let failure: unknown;
    // Some changes go with the others only all together.
    let isCopy = false;
    for (let pass = 0; pass < PASSES_MAX; pass++) {
      const found = await this.#compare(primary, signal);
      if (signal.aborted) return;
      const commands = copyCommands(this.#deps.keys(), found);
      const outcome = await this.#apply(
        isCopy ? commands.map((command) => ({ ...command, isCopy })) : commands,
        signal,
      );
      if (signal.aborted) return;
      failure = outcome.failure;
      this.#tellCopied(outcome, found);
      if (failure === undefined) return;
      if (outcome.done > 0) continue;
      if (isCopy) break;
      isCopy = true;
    }
    throw failure;
  }

  /** By and by: there may be thousands. */
  async #compare(primary: readonly unknown[], signal: AbortSignal): Promise<Comparison> {
    const { clock, find } = this.#deps;
    const found = emptyComparison();
    for (let at = 0; at < primary.length; at += COMPARED_MAX) {
      if (at > 0) await new Promise<void>((resolve) => clock.soon(resolve));
      if (signal.aborted) break;
      compareSome(primary.slice(at, at + COMPARED_MAX), find, found);
    }
    return found;
  }

  async #apply(commands: readonly ConfigEntryCommand[], signal: AbortSignal): Promise<Outcome> {
    const outcome: Outcome = { done: 0, failure: undefined };
    for (let at = 0; at < commands.length && !signal.aborted; at += BATCH_MAX) {
      if (at > 0) await pause(this.#deps.clock, BATCH_PAUSE_MS, signal);
      if (signal.aborted) break;
      const batch = commands.slice(at, at + BATCH_MAX).map((command) => this.#deps.propose(command));
      for (const each of await Promise.allSettled(batch)) {
        if (each.status === "fulfilled") outcome.done++;
        else outcome.failure ??= each.reason;
      }
    }
    return outcome;
  }

  #tellCopied({ done }: Outcome, { unknown }: Comparison): void {
    const { log } = this.#deps;
    if (done > 0) log.info("copied changes of config entries from the primary datacenter", { changes: String(done) });
    if (unknown.size > 0) {
      log.warn(
        "the primary datacenter has config entries that this version does not know: run the same version there",
        {
          entries: [...unknown].slice(0, 10).join(", "),
        },
      );
    }
  }

  #tellFailure(failures: number, error: unknown): void {
    const { log } = this.#deps;
    const fields = { error: error instanceof Error ? error.message : String(error) };
    const text = "config entries could not be copied from the primary datacenter, will try again";
    if (failures === 1) log.warn(text, fields);
    else log.debug(text, fields);
  }

  #tellSuccess(failures: number): void {
    if (failures > 0) this.#deps.log.info("config entries are copied from the primary datacenter again");
  }
}

interface Outcome {
  done: number;
  /** The first one. */
  failure: unknown;
}
