import type { Timer } from "../../ports/clock.ts";
import type { SwimMember } from "./delegate.ts";
import type { Membership } from "./membership.ts";
import { Probe, type ProbeParts } from "./probe.ts";
import { isGone } from "./roster.ts";

/** Probes one member at each tick, all in turn, in an order that changes with each round. */
export class Prober {
  readonly #parts: ProbeParts;
  readonly #membership: Membership;
  #timer: Timer | undefined;
  #probe: Probe | undefined;
  #position = 0;
  #nextTickMs = 0;

  constructor(parts: ProbeParts, membership: Membership) {
    this.#parts = parts;
    this.#membership = membership;
  }

  start(): void {
    const { clock, random, timing } = this.#parts.context;
    this.#timer = clock.after(random.float() * timing.probeIntervalMs, () => this.#tick());
  }

  close(): void {
    this.#timer?.cancel();
    this.#probe?.cancel();
  }

  #tick() {
    const { clock, timing } = this.#parts.context;
    this.#nextTickMs = clock.monotonicMs() + timing.probeIntervalMs;
    const target = this.#nextTarget();
    if (target === undefined) return this.#wait();
    this.#probe = new Probe(this.#parts, target, (hasAnswered) => {
      this.#probe = undefined;
      if (!hasAnswered) this.#accuse(target);
      this.#wait();
    });
  }

  /** A probe that took longer than the interval is followed by the next at once. */
  #wait(): void {
    const { clock } = this.#parts.context;
    this.#timer = clock.after(Math.max(0, this.#nextTickMs - clock.monotonicMs()), () => this.#tick());
  }

  #accuse({ name, incarnation }: SwimMember): void {
    const { name: from, log } = this.#parts.context;
    log.info("a member does not answer and is suspected", { member: name });
    this.#membership.suspect({ type: "suspect", incarnation, node: name, from });
  }

  /** The next who is there to be probed; at the end of a round, those who are gone are forgotten. */
  #nextTarget(): SwimMember | undefined {
    const { name, roster } = this.#parts.context;
    for (let looked = 0; looked <= roster.size; looked++) {
      if (this.#position >= roster.size) {
        this.#membership.forgetGone();
        this.#position = 0;
      }
      const member = roster.at(this.#position++);
      if (member.name !== name && !isGone(member)) return member;
    }
    return undefined;
  }
}
