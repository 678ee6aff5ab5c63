import type { LeaveIntent } from "../messages.ts";
import type { SwimPort } from "../swim/delegate.ts";
import type { IncomingQuery, PoolEvent, PoolMember, Tags } from "../types.ts";
import { encodeSerf } from "../wire/serf.ts";
import { Coordinates } from "./coordinates.ts";
import { Exchange } from "./exchange.ts";
import { InternalQueries } from "./internal-queries.ts";
import { KeyManager } from "./key-manager.ts";
import { LamportClock } from "./lamport-clock.ts";
import { MemberList } from "./member-list.ts";
import { NameConflicts } from "./name-conflicts.ts";
import { OpenQueries } from "./open-queries.ts";
import { BROADCAST_TIMEOUT_MS, type SerfOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { PoolMemory } from "./pool-memory.ts";
import { Queries } from "./queries.ts";
import { QueryReplies } from "./query-replies.ts";
import { SnapshotKeeper } from "./snapshot-keeper.ts";
import { decodeSnapshot, type Snapshot } from "./snapshot-text.ts";
import { UserEvents } from "./user-events.ts";

const LINE_CHARS_MAX = 128;

type MemberEvent = Extract<PoolEvent, { readonly member: PoolMember }>;

export interface Parts {
  readonly memberClock: LamportClock;
  readonly eventClock: LamportClock;
  readonly queryClock: LamportClock;
  readonly members: MemberList;
  readonly outbox: Outbox;
  readonly events: UserEvents;
  readonly open: OpenQueries;
  readonly replies: QueryReplies;
  readonly queries: Queries;
  readonly keys: KeyManager;
  readonly conflicts: NameConflicts;
  readonly exchange: Exchange;
  readonly coordinates: Coordinates;
  readonly memory: PoolMemory;
  /** Undefined when nothing is kept. */
  readonly keeper: SnapshotKeeper | undefined;
}

/** What the parts need of the whole, which is there only after they are made. */
export interface Whole {
  readonly swim: () => SwimPort;
  readonly tags: () => Tags;
  /** Says that this member stays. */
  readonly refute: () => void;
}

/** The parts of Serf's layer, each knowing those that it uses. */
export function assemble(options: SerfOptions, whole: Whole): Parts {
  const { name, clock, log, meter, random, timing, matches, keyring } = options;
  const { swim, tags, refute } = whole;
  const before = decodeSnapshot(options.snapshot?.text ?? "", options.rejoinAfterLeave, (line) =>
    log.warn("line of the snapshot is not understood", { line: line.slice(0, LINE_CHARS_MAX) }),
  );
  const clocks = clocksAfter(before);
  const { memberClock, eventClock, queryClock } = clocks;
  const coordinates = new Coordinates({ name, random, log, meter });
  const members: MemberList = new MemberList({
    name,
    lamport: memberClock,
    clock,
    log,
    meter,
    pruneDelayMs: BROADCAST_TIMEOUT_MS + options.leavePropagateDelayMs,
    onEvent: (event) => tell(event),
    onForgotten: (gone) => coordinates.forget(gone),
  });
  const outbox = new Outbox({
    retransmitMult: timing.retransmitMult,
    size: () => members.size,
    wake: () => swim().wake(),
  });
  const events = new UserEvents({
    lamport: eventClock,
    outbox,
    minTime: minTime(options, before.eventClock),
    log,
    meter,
    onEvent: options.onEvent,
  });
  const open = new OpenQueries({ clock, log, meter, membersMax: () => members.size });
  const replies = new QueryReplies({ name, members, open, clock, random, log, swim });
  const internal = new InternalQueries({ name, members, keyring, log });
  const queries = new Queries({
    name,
    lamport: queryClock,
    outbox,
    open,
    replies,
    minTime: minTime(options, before.queryClock),
    gossipIntervalMs: timing.gossipIntervalMs,
    random,
    log,
    meter,
    swim,
    tags,
    matches,
    onQuery: (query: IncomingQuery) => {
      if (!internal.take(query)) options.onEvent({ kind: "query", query });
    },
  });
  const ask: Queries["ask"] = (...query) => queries.ask(...query);
  const keys = new KeyManager({ ask, memberCount: () => swim().aliveCount });
  const conflicts = new NameConflicts({ ...options, ask });
  const passOn = (intent: LeaveIntent) => outbox.add("intent", encodeSerf(intent));
  const exchange = new Exchange({ members, events, ...clocks, refute, passOn });
  const memory = new PoolMemory({
    name,
    before,
    members,
    rejoinAfterLeave: options.rejoinAfterLeave,
    random,
    clocks: () => ({ clock: memberClock.time - 1, eventClock: events.lastTime, queryClock: queries.lastTime }),
  });
  const keeper = keeperOf(options, memory);
  const tell = (event: MemberEvent): void => {
    memory.heardOf(event.member.name);
    keeper?.touch();
    options.onEvent(event);
  };
  return {
    ...{ ...clocks, members, outbox, events, open, replies, queries, keys },
    ...{ conflicts, exchange, coordinates, memory, keeper },
  };
}

function clocksAfter(before: Snapshot): Pick<Parts, "memberClock" | "eventClock" | "queryClock"> {
  return {
    memberClock: new LamportClock(before.clock),
    eventClock: new LamportClock(before.eventClock),
    queryClock: new LamportClock(before.queryClock),
  };
}

/** What was told before this start is not told again. */
function minTime(options: SerfOptions, lastTime: number): number {
  return options.snapshot === undefined ? 0 : lastTime + 1;
}

function keeperOf({ snapshot, clock, log }: SerfOptions, memory: PoolMemory): SnapshotKeeper | undefined {
  if (snapshot === undefined) return undefined;
  return new SnapshotKeeper(snapshot.text, {
    store: (...write) => snapshot.store(...write),
    current: () => memory.current(),
    clock,
    log,
  });
}
