import type { LeaveIntent, SerfState } from "../messages.ts";
import type { LamportClock } from "./lamport-clock.ts";
import type { MemberList } from "./member-list.ts";
import type { UserEvents } from "./user-events.ts";

export interface ExchangeOptions {
  readonly members: MemberList;
  readonly events: UserEvents;
  readonly memberClock: LamportClock;
  readonly eventClock: LamportClock;
  readonly queryClock: LamportClock;
  /** Says that this member stays, against an old leave intent. */
  readonly refute: () => void;
  /** Tells all members of a leave intent. */
  readonly passOn: (intent: LeaveIntent) => void;
}

/** Serf's part of the exchange of full states, which brings what gossip lost. */
export class Exchange {
  readonly #options: ExchangeOptions;
  /** Joins that want no events of before. */
  #ignoring = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  state(): SerfState {
    const { members, events, memberClock, eventClock, queryClock } = this.#options;
    return {
      type: "pushPull",
      ltime: memberClock.time,
      statusLTimes: new Map(members.ltimes()),
      leftMembers: [...members.left()],
      eventLTime: eventClock.time,
      events: events.kept(),
      queryLTime: queryClock.time,
    };
  }

  merge(state: SerfState, isJoin: boolean): void {
    const { events, memberClock, eventClock, queryClock } = this.#options;
    // Nobody has sent a message with the clock's present time yet.
    memberClock.witness(state.ltime - 1);
    const areEventsBelieved = eventClock.witness(state.eventLTime - 1);
    queryClock.witness(state.queryLTime - 1);
    this.#mergeIntents(state);
    if (!areEventsBelieved) return;
    if (isJoin && this.#ignoring > 0) events.ignoreBefore(state.eventLTime);
    events.merge(state.events);
  }

  /** Until `stop`, events that come with a join are not told. */
  ignoreEvents(): { stop(): void } {
    this.#ignoring++;
    return { stop: () => this.#ignoring-- };
  }

  #mergeIntents({ leftMembers, statusLTimes }: SerfState): void {
    const { members, refute, passOn } = this.#options;
    const left = new Set(leftMembers);
    let isAccused = false;
    // The leave came after the newest intent that is known with its time; those who left come first, before the clock moves.
    for (const node of left) {
      const ltime = (statusLTimes.get(node) ?? 0) + 1;
      const intent = { type: "leave", ltime, node, prune: false } as const;
      const outcome = members.leaveIntent(intent);
      isAccused = outcome === "refute" || isAccused;
      // One that is there again may not have heard that it left, and only what it says itself ends that.
      if (outcome === "new" && members.get(node)?.status === "leaving") passOn(intent);
    }
    for (const [node, ltime] of statusLTimes) if (!left.has(node)) members.joinIntent({ ltime, node });
    if (isAccused) refute();
  }
}
