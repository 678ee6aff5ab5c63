import { Refusal } from "../lib/refusal.ts";
import type { Meter } from "../ports/meter.ts";
import { isPassing, noLeader } from "../raft/refusals.ts";
import { AnswerLost, NotSent } from "../rpc/errors.ts";
import type { Peers } from "../rpc/types.ts";
import type { LeaderHold } from "./leader-hold.ts";

/** Longest wait for the leader's answer: a write that its disk or its followers hold up for longer is given up. */
const ANSWER_MS_MAX = 30_000;
/** Calls to the leader at a time: fewer than it serves of one server. The others wait here, in order. */
const CALLS_MAX = 192;
const WAITING_MAX = 8192;

/** What only the leader does, by the name that it travels under. Arguments and results are Wire values. */
export type MethodTable = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

export interface ForwarderDeps<T extends MethodTable> {
  raft: { readonly isLeader: boolean; readonly leaderId: string | undefined };
  peers: () => Pick<Peers, "call"> | undefined;
  methods: T;
  hold: LeaderHold;
  meter: Pick<Meter, "count">;
}

/**
 * Runs what only the leader does: here while this server leads, else by a call to the leader. It is tried again only
 * when it was certainly not executed; what may have been is answered with outcome `unknown`.
 */
export class Forwarder<T extends MethodTable> {
  readonly #deps: ForwarderDeps<T>;
  #calls = 0;
  readonly #queue: (() => void)[] = [];

  constructor(deps: ForwarderDeps<T>) {
    this.#deps = deps;
  }

  run<N extends keyof T & string>(name: N, argument: Parameters<T[N]>[0]): ReturnType<T[N]> {
    const { raft, methods, hold } = this.#deps;
    const attempt = () =>
      raft.isLeader ? (methods[name] as (argument: unknown) => Promise<unknown>)(argument) : this.#call(name, argument);
    const held = () =>
      hold.hold(attempt, wasNotExecuted).catch((error: unknown) => {
        throw translated(error);
      });
    // The leader's own writes take no detour unless they fail.
    const done = raft.isLeader
      ? attempt().catch((error: unknown) => (wasNotExecuted(error) ? held() : Promise.reject(error)))
      : held();
    return done as ReturnType<T[N]>;
  }

  async #call(name: string, argument: unknown): Promise<unknown> {
    await this.#enter();
    try {
      const { raft, peers, meter } = this.#deps;
      const leader = raft.leaderId;
      const link = peers();
      if (leader === undefined || link === undefined || raft.isLeader) throw noLeader();
      meter.count("client.rpc");
      return await link.call(leader, name, argument, { timeoutMs: ANSWER_MS_MAX });
    } catch (error) {
      if (error instanceof NotSent || error instanceof AnswerLost) this.#deps.meter.count("client.rpc.failed");
      throw error;
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#calls < CALLS_MAX) {
      this.#calls++;
      return;
    }
    if (this.#queue.length >= WAITING_MAX) throw new Refusal("too many requests wait for the leader", 500, "refused");
    // Whoever leaves hands its place over.
    await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  #leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#calls--;
    else next();
  }
}

function wasNotExecuted(error: unknown): boolean {
  return error instanceof NotSent || isPassing(error);
}

/** For whoever asked. Consul prefixes what goes wrong on the way to the leader with these words. */
function translated(error: unknown): unknown {
  if (error instanceof NotSent) return noLeader();
  if (error instanceof AnswerLost) return new Refusal(`rpc error making call: ${error.message}`, 500, "unknown");
  return error;
}

/** The same methods for the other servers: who doesn't lead any more says so before it does anything. */
export function servedMethods<T extends MethodTable>(
  methods: T,
  raft: { readonly isLeader: boolean },
): Record<string, (argument: unknown) => Promise<unknown>> {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      (argument: unknown) =>
        raft.isLeader ? (method as (argument: unknown) => Promise<unknown>)(argument) : Promise.reject(noLeader()),
    ]),
  );
}
