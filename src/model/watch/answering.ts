import { formatDurationNs, NS_PER_MS } from "../../lib/duration.ts";
import { pause } from "../../lib/pause.ts";
import type { Clock } from "../../ports/clock.ts";
import type { WatchQuestion } from "./question.ts";

/** An answer to the question of a watch. */
export interface WatchAnswer {
  /** Where the next question begins: the index or the hash of the answer. "" when the answer has none. */
  readonly cursor: string;
  /** Decoded JSON; undefined for what is not there. */
  readonly body: unknown;
}

export interface Answering {
  readonly waitsBy: WatchQuestion["waitsBy"];
  /** Waits, from the given cursor on, for an answer. Rejects when there is none. */
  ask(cursor: string, signal: AbortSignal): Promise<WatchAnswer>;
  readonly clock: Clock;
  /** `retry` is a Go duration. */
  onFailure(reason: string, retry: string): void;
}

/** Consul's: 5 s times the square of the number of failures. */
const RETRY_MS = 5_000;
const RETRY_MS_MAX = 180_000;
/** A server that stops answers at once with what there was; it must not be asked as fast as it answers. */
const UNCHANGED_MS = 250;

/** Answers with a new cursor, by long polls, until `signal` is aborted. A failure is told and the question asked again. */
export async function* watchAnswers(answering: Answering, signal: AbortSignal): AsyncGenerator<WatchAnswer> {
  const { ask, clock, onFailure, waitsBy } = answering;
  let cursor = "";
  let failures = 0;
  while (!signal.aborted) {
    try {
      const answer = await ask(cursor, signal);
      // Without a cursor the next question would not wait, and so would all that follow.
      if (answer.cursor === "") throw new Error(`the answer has no ${HEADERS[waitsBy]}`);
      failures = 0;
      if (answer.cursor === cursor) {
        await pause(clock, UNCHANGED_MS, signal);
        continue;
      }
      // An index that goes back belongs to a restored or new server: begin again.
      const isBehind = waitsBy === "index" && cursor !== "" && BigInt(answer.cursor) < BigInt(cursor);
      cursor = isBehind ? "" : answer.cursor;
      yield answer;
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      const retryMs = Math.min(RETRY_MS * failures * failures, RETRY_MS_MAX);
      onFailure(error instanceof Error ? error.message : String(error), formatDurationNs(retryMs * NS_PER_MS));
      await pause(clock, retryMs, signal);
    }
  }
}

const HEADERS = { index: "X-Consul-Index", events: "X-Consul-Index", hash: "X-Consul-ContentHash" };
