import { type Alive, type Dead, type Endpoint, OWN_VERSIONS, type Suspect, type Versions } from "../messages.ts";
import type { Awareness } from "./awareness.ts";
import type { Context } from "./context.ts";
import type { SwimMember } from "./delegate.ts";
import type { Gossiper } from "./gossiper.ts";
import {
  INCARNATION_MAX,
  MEMBERS_MAX,
  META_BYTES_MAX,
  NAME_LENGTH_MAX,
  REMINDERS_PER_SECOND_MAX,
  WARNINGS_PER_SECOND_MAX,
} from "./limits.ts";
import { RateLimit } from "./rate-limit.ts";
import { isGone } from "./roster.ts";
import { suspicionBounds } from "./scale.ts";
import { Suspicion } from "./suspicion.ts";

/**
 * Who is alive, suspect, dead or has left, by what the members say about each other. A higher incarnation, which only the
 * member itself gives, is the newer truth; at the same one dead beats suspect and suspect beats alive (SWIM 4.2).
 */
export class Membership {
  readonly #context: Context;
  readonly #gossiper: Gossiper;
  readonly #awareness: Awareness;
  readonly #suspicions = new Map<string, Suspicion>();
  readonly #reminders: RateLimit;
  readonly #warnings: RateLimit;
  #isLeaving = false;

  constructor(context: Context, gossiper: Gossiper, awareness: Awareness, meta: Uint8Array, versions: Versions) {
    this.#context = context;
    this.#gossiper = gossiper;
    this.#awareness = awareness;
    this.#reminders = new RateLimit(context.clock, REMINDERS_PER_SECOND_MAX);
    this.#warnings = new RateLimit(context.clock, WARNINGS_PER_SECOND_MAX);
    const { name, at, clock } = context;
    const changedMs = clock.monotonicMs();
    context.roster.set({ name, at, meta, versions, incarnation: 1, state: "alive", changedMs });
  }

  get self(): SwimMember {
    const self = this.#context.roster.get(this.#context.name);
    if (self === undefined) throw new Error("this member is not in its own roster");
    return self;
  }

  close(): void {
    for (const suspicion of this.#suspicions.values()) suspicion.cancel();
    this.#suspicions.clear();
  }

  /** Tells all what this member is now. */
  announceSelf(): void {
    this.#gossiper.announce(aliveOf(this.self));
  }

  /**
   * Whoever still accuses this member of an earlier incarnation has missed what was said against it. It is told alone: its
   * probes are answered, but an answer to a ping ends no suspicion.
   */
  remind(to: Endpoint, { node, incarnation }: Suspect | Dead): void {
    const { self } = this;
    const isOutdated = node === self.name && incarnation < self.incarnation && !this.#isLeaving;
    if (isOutdated && this.#reminders.take()) this.#gossiper.send(to, aliveOf(self));
  }

  setMeta(meta: Uint8Array): void {
    if (this.#isLeaving) return;
    const { self } = this;
    const incarnation = Math.min(self.incarnation + 1, INCARNATION_MAX);
    const updated = { ...self, meta, incarnation };
    this.#context.roster.set(updated);
    this.announceSelf();
    if (!sameBytes(meta, self.meta)) this.#context.delegate.onUpdate(updated);
  }

  /** Tells all that this member goes; `onTold` is called when that was sent often enough. */
  leave(onTold: () => void): void {
    this.#isLeaving = true;
    const { name, incarnation } = this.self;
    this.#bury(this.self, { type: "dead", incarnation, node: name, from: name }, onTold);
  }

  /** `isNews`: others are to be told. */
  alive(message: Alive, isNews = true) {
    const { name, roster, delegate, at: own } = this.#context;
    if (this.#isLeaving && message.node === name) return;
    const alive = message.at.port === 0 ? { ...message, at: { ...message.at, port: own.port } } : message;
    const known = roster.get(alive.node);
    // Says nothing new: most of what a full exchange brings. Who is asked to refuse it need not look.
    if (known !== undefined && known.name !== name && isOld(alive, known)) return;
    const refusal = faultOf(alive) ?? delegate.refuseAlive(alive);
    if (refusal !== undefined) return this.#ignore(alive, refusal);
    if (known === undefined) {
      if (roster.size >= MEMBERS_MAX) return this.#ignore(alive, `more than ${MEMBERS_MAX} members are known`);
      return this.#accept(alive, undefined, isNews);
    }
    const hasMoved = !sameEndpoint(known.at, alive.at);
    if (hasMoved && !this.#mayMove(known)) {
      this.#context.meter.count("memberlist.conflict");
      return delegate.onConflict(known, alive);
    }
    if (known.name === name) return this.#hearOfSelf(alive, known);
    if (hasMoved || alive.incarnation > known.incarnation) this.#accept(alive, known, isNews);
  }

  suspect(message: Suspect) {
    const { name, roster, meter } = this.#context;
    const known = roster.get(message.node);
    if (known === undefined || message.incarnation < known.incarnation) return;
    if (message.from.length > NAME_LENGTH_MAX) return;
    const running = this.#suspicions.get(message.node);
    if (running !== undefined) {
      if (running.confirm(message.from)) this.#gossiper.announce(message);
      return;
    }
    if (known.state !== "alive") return;
    if (known.name === name) return this.#refute(message.incarnation, `suspected by ${message.from}`);
    meter.count("memberlist.msg.suspect");
    this.#gossiper.announce(message);
    this.#set({ ...known, incarnation: message.incarnation, state: "suspect" });
    this.#startSuspicion(message);
  }

  dead(message: Dead) {
    const { name, roster } = this.#context;
    const known = roster.get(message.node);
    if (known === undefined || message.incarnation < known.incarnation) return;
    if (message.from.length > NAME_LENGTH_MAX) return;
    this.#endSuspicion(message.node);
    if (isGone(known)) return;
    if (known.name === name) return this.#refute(message.incarnation, `declared dead by ${message.from}`);
    this.#bury(known, message);
  }

  /** Forgets those who are gone for long enough that nobody has to be told any more. */
  forgetGone(): void {
    const { name, clock, timing, roster } = this.#context;
    const beforeMs = clock.monotonicMs() - timing.gossipToTheDeadMs;
    roster.renew((member) => isGone(member) && member.changedMs < beforeMs && member.name !== name);
  }

  /** Another address under the same name is the same member only when the old one is certainly not there any more. */
  #mayMove({ state, changedMs }: SwimMember): boolean {
    const { clock, timing } = this.#context;
    if (state === "left") return true;
    return (
      state === "dead" && timing.deadNodeReclaimMs > 0 && clock.monotonicMs() - changedMs > timing.deadNodeReclaimMs
    );
  }

  /** An echo of the own message is fine. Anything else is of an earlier life, or of somebody else. */
  #hearOfSelf(alive: Alive, self: SwimMember): void {
    if (alive.incarnation < self.incarnation) return;
    const isEcho =
      alive.incarnation === self.incarnation &&
      sameBytes(alive.meta, self.meta) &&
      sameVersions(alive.versions, self.versions);
    if (!isEcho) this.#refute(alive.incarnation, "another state of this member is about");
  }

  #accept(alive: Alive, known: SwimMember | undefined, isNews: boolean): void {
    const { clock, roster, delegate, meter } = this.#context;
    const versions = sameVersions(alive.versions, OWN_VERSIONS) ? OWN_VERSIONS : alive.versions;
    if (versions === undefined) return;
    this.#endSuspicion(alive.node);
    const isSameMeta = known !== undefined && sameBytes(known.meta, alive.meta);
    const member: SwimMember = {
      name: alive.node,
      at: known !== undefined && sameEndpoint(known.at, alive.at) ? known.at : alive.at,
      // The bytes of a message may be a part of a large buffer, which they would keep.
      meta: isSameMeta ? known.meta : alive.meta.slice(),
      versions,
      incarnation: alive.incarnation,
      state: "alive",
      changedMs: known?.state === "alive" ? known.changedMs : clock.monotonicMs(),
    };
    roster.set(member);
    meter.count("memberlist.msg.alive");
    if (isNews) this.#gossiper.announce(aliveOf(member));
    if (known === undefined || isGone(known)) delegate.onJoin(member);
    else if (!isSameMeta) delegate.onUpdate(member);
  }

  #bury(known: SwimMember, message: Dead, onTold?: () => void): void {
    const { meter, delegate } = this.#context;
    meter.count("memberlist.msg.dead");
    this.#gossiper.announce(message, onTold);
    const state = message.from === message.node ? "left" : "dead";
    delegate.onLeave(this.#set({ ...known, incarnation: message.incarnation, state }));
  }

  /** Says that this member is alive, with an incarnation that beats the accusation. */
  #refute(accused: number, why: string): void {
    const { log, roster } = this.#context;
    const { self } = this;
    const incarnation = Math.min(Math.max(self.incarnation, accused) + 1, INCARNATION_MAX);
    roster.set({ ...self, incarnation });
    this.#awareness.apply(1);
    if (this.#warnings.take()) log.warn("says that it is alive", { why, incarnation });
    this.announceSelf();
  }

  #startSuspicion({ node, from }: Suspect): void {
    const { clock, timing, roster } = this.#context;
    const bounds = suspicionBounds(timing, roster.size);
    const onExpired = (confirmations: number) => {
      this.#suspicions.delete(node);
      this.#onExpired(node, confirmations, confirmations < bounds.wanted);
    };
    this.#suspicions.set(node, new Suspicion({ bounds, accuser: from, clock, onExpired }));
  }

  #onExpired(node: string, confirmations: number, isDegraded: boolean): void {
    const { name, roster, log, meter } = this.#context;
    const known = roster.get(node);
    if (known?.state !== "suspect") return;
    if (isDegraded) meter.count("memberlist.degraded.timeout");
    log.info("a suspect has not answered and counts as failed", { member: node, confirmations });
    this.dead({ type: "dead", incarnation: known.incarnation, node, from: name });
  }

  #endSuspicion(node: string): void {
    this.#suspicions.get(node)?.cancel();
    this.#suspicions.delete(node);
  }

  /** With the time of the change. */
  #set(changed: SwimMember): SwimMember {
    const member = { ...changed, changedMs: this.#context.clock.monotonicMs() };
    this.#context.roster.set(member);
    return member;
  }

  #ignore({ node, at }: Alive, why: string): void {
    const { meter, log } = this.#context;
    meter.count("memberlist.refused");
    if (!this.#warnings.take()) return;
    log.warn("a member is not taken in", { member: node.slice(0, NAME_LENGTH_MAX), at: at.address, why });
  }
}

function aliveOf({ name, at, meta, versions, incarnation }: SwimMember): Alive {
  return { type: "alive", incarnation, node: name, at, meta, versions };
}

/** What no member in use says. */
function faultOf({ node, at, meta, versions }: Alive): string | undefined {
  if (node === "" || node.length > NAME_LENGTH_MAX)
    return `its name has not between 1 and ${NAME_LENGTH_MAX} characters`;
  if (at.address === "") return "it has no address";
  if (meta.length > META_BYTES_MAX) return `its tags have more than ${META_BYTES_MAX} bytes`;
  if (versions === undefined) return "it does not say which protocol versions it speaks";
  const { protocolMin: min, protocolMax: max } = versions;
  if (min === 0 || max === 0 || min > max) return `it speaks protocol versions from ${min} to ${max}`;
  return undefined;
}

function isOld(alive: Alive, known: SwimMember): boolean {
  return alive.incarnation <= known.incarnation && sameEndpoint(alive.at, known.at);
}

function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a === b || (a.port === b.port && a.address === b.address);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && a.every((byte, at) => byte === b[at]));
}

function sameVersions(a: Versions | undefined, b: Versions): boolean {
  if (a === undefined || a === b) return a === b;
  return (
    a.protocolMin === b.protocolMin &&
    a.protocolMax === b.protocolMax &&
    a.protocolCurrent === b.protocolCurrent &&
    a.delegateMin === b.delegateMin &&
    a.delegateMax === b.delegateMax &&
    a.delegateCurrent === b.delegateCurrent
  );
}
