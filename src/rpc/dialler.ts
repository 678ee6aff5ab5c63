import { splitHostPort } from "../lib/host-port.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";

/** Between the starts of two tries: short, so that servers that were restarted find each other before they miss a leader. */
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 1500;
/** Delays are spread by this part of them to both sides. */
const JITTER = 0.25;
/** An address that answered with "no" or is our own may become another's, some day. */
const REFUSED_RETRY_MS = 5000;
const SELF_RETRY_MS = 60_000;
/** An address that was only heard of is forgotten when nobody was there for so long. */
const RUMOUR_MS_MAX = 10 * 60_000;
/** Addresses kept of one server, the newest ones, and of all. */
const ADDRESSES_OF_ONE_MAX = 4;
const ADDRESSES_MAX = 256;

/** How a try ended. `up` and `duplicate`: this server answered; `duplicate` has a connection already. */
export type DialOutcome =
  | { kind: "up" | "duplicate"; nodeId: string }
  | { kind: "self" }
  | { kind: "refused" }
  | { kind: "failed"; why: string };

export interface DiallerOptions {
  clock: Clock;
  random: Random;
  logger: Logger;
  dial(address: { host: string; port: number }): Promise<DialOutcome>;
  isLinked(nodeId: string): boolean;
}

/** A server that may be found at an address. */
interface Resident {
  /** Somebody said so who knows the cluster; else it was heard from another server. */
  isSure: boolean;
}

interface Place {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  /** Asked for with `add`. */
  isAsked: boolean;
  readonly residents: Map<string, Resident>;
  /** Who answered last. */
  answeredBy: string | undefined;
  failures: number;
  /** When somebody was there last, or the place became known. */
  goodMs: number;
  isBusy: boolean;
  timer: Timer | undefined;
}

/** Tries addresses until those who are wanted are linked: each by itself, with growing and spread delays. */
export class Dialler {
  readonly #options: DiallerOptions;
  readonly #places = new Map<string, Place>();
  #isClosed = false;

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  /** Wants whoever is at the address. */
  add(address: string): void {
    const place = this.#place(address);
    if (place === undefined) return;
    place.isAsked = true;
    this.#consider(place);
  }

  /** Node id of the server that answered there last, if one has. */
  answererAt(address: string): string | undefined {
    return this.#places.get(address)?.answeredBy;
  }

  /** Wants nobody there any more. */
  remove(address: string): void {
    const place = this.#places.get(address);
    if (place !== undefined) this.#drop(place);
  }

  /** A server was seen at the address: an older address of it counts less. */
  know(nodeId: string, address: string, isSure: boolean): void {
    const place = this.#place(address);
    if (place === undefined) return;
    const before = place.residents.get(nodeId);
    // Set anew, so that the newest are last.
    place.residents.delete(nodeId);
    place.residents.set(nodeId, { isSure: isSure || before?.isSure === true });
    this.#places.delete(place.address);
    this.#places.set(place.address, place);
    const known = [...this.#places.values()].filter(({ residents }) => residents.has(nodeId));
    for (const old of known.slice(0, -ADDRESSES_OF_ONE_MAX)) this.#moveOut(old, nodeId);
    this.#consider(place);
  }

  /** Wants this server no more, wherever it is. */
  unknow(nodeId: string): void {
    for (const place of [...this.#places.values()]) this.#moveOut(place, nodeId);
  }

  /** Somebody was linked or lost. */
  update(): void {
    for (const place of [...this.#places.values()]) this.#consider(place);
  }

  close(): void {
    this.#isClosed = true;
    for (const place of [...this.#places.values()]) this.#drop(place);
  }

  #place(address: string): Place | undefined {
    const known = this.#places.get(address);
    if (known !== undefined || this.#isClosed) return known;
    const at = splitHostPort(address);
    if (at === undefined || this.#places.size >= ADDRESSES_MAX) {
      const why = at === undefined ? "it is not host:port" : `more than ${ADDRESSES_MAX} are known`;
      this.#options.logger.warn("an address of a server is left out", { address, why });
      return undefined;
    }
    const place: Place = {
      address,
      ...at,
      isAsked: false,
      residents: new Map(),
      answeredBy: undefined,
      failures: 0,
      goodMs: this.#options.clock.monotonicMs(),
      isBusy: false,
      timer: undefined,
    };
    this.#places.set(address, place);
    return place;
  }

  #drop(place: Place): void {
    place.timer?.cancel();
    place.timer = undefined;
    this.#places.delete(place.address);
  }

  #moveOut(place: Place, nodeId: string): void {
    place.residents.delete(nodeId);
    if (place.answeredBy === nodeId) place.answeredBy = undefined;
    if (place.residents.size === 0 && !place.isAsked) this.#drop(place);
  }

  /** Whether everybody who may be at the place is linked. */
  #isSettled({ answeredBy, residents }: Place): boolean {
    const { isLinked } = this.#options;
    if (answeredBy !== undefined && isLinked(answeredBy)) return true;
    return residents.size > 0 && [...residents.keys()].every((nodeId) => isLinked(nodeId));
  }

  /** Starts a try, or lets it be. A delay that runs already is kept. */
  #consider(place: Place): void {
    if (this.#places.get(place.address) !== place) return;
    if (this.#isSettled(place)) {
      place.timer?.cancel();
      place.timer = undefined;
      place.failures = 0;
      place.goodMs = this.#options.clock.monotonicMs();
    } else if (!place.isBusy && place.timer === undefined) this.#wait(place, 0);
  }

  #wait(place: Place, delayMs: number): void {
    place.timer = this.#options.clock.after(delayMs, () => {
      place.timer = undefined;
      void this.#try(place);
    });
  }

  async #try(place: Place): Promise<void> {
    const { clock, logger, dial } = this.#options;
    const startMs = clock.monotonicMs();
    place.isBusy = true;
    const outcome = await dial({ host: place.host, port: place.port });
    place.isBusy = false;
    if (this.#places.get(place.address) !== place) return;
    place.answeredBy = "nodeId" in outcome ? outcome.nodeId : undefined;
    const isGood = outcome.kind === "up" || outcome.kind === "duplicate";
    place.failures = isGood ? 0 : place.failures + 1;
    if (isGood) place.goodMs = clock.monotonicMs();
    if (outcome.kind === "failed") logger.debug("can't reach a server", { address: place.address, why: outcome.why });
    if (this.#isSettled(place)) return;
    if (this.#isOldRumour(place)) this.#drop(place);
    else this.#wait(place, Math.max(0, startMs + this.#delayMs(place, outcome) - clock.monotonicMs()));
  }

  #delayMs({ failures }: Place, { kind }: DialOutcome): number {
    const spread = 1 + JITTER * (2 * this.#options.random.float() - 1);
    if (kind === "self") return SELF_RETRY_MS * spread;
    if (kind === "refused") return REFUSED_RETRY_MS * spread;
    return Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(failures, 10)) * spread;
  }

  #isOldRumour({ isAsked, residents, goodMs }: Place): boolean {
    const isSure = isAsked || [...residents.values()].some((resident) => resident.isSure);
    return !isSure && this.#options.clock.monotonicMs() - goodMs > RUMOUR_MS_MAX;
  }
}
