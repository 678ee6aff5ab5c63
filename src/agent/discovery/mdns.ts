import type { Packet } from "dns-packet";
import type { Endpoint } from "../../gossip/messages.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { MulticastPort, MulticastSocket } from "../../ports/multicast.ts";
import type { Random } from "../../ports/random.ts";
import { type Announcement, asksFor, decodePacket, encodeAnswer, encodeQuestions, Found } from "./mdns-packet.ts";

/** When a question is asked again, from the first time. */
const ASK_AGAIN_MS: readonly number[] = [250, 1000, 3000];
/** Others answer within a fraction of a second after the first one. */
const AFTER_FIRST_MS = 1000;
/** RFC 6762, 6: answers of many nodes to one question don't come at once. */
const ANSWER_DELAY_MS = { min: 20, max: 120 };
/** Answers a second, so that nobody makes this node send to others without end. */
const ANSWERS_MAX = 20;
const SECOND_MS = 1000;

export interface MdnsDeps {
  readonly multicast: MulticastPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Finds members on the local network, and lets this one be found. Anybody there can answer: what is found is only a place
 * to ask, and gossip's key decides who is let in.
 */
export class Mdns {
  readonly #deps: MdnsDeps;
  readonly #searches = new Set<{ take(packet: Packet): void; finish(): void }>();
  readonly #announcements: Announcement[] = [];
  #socket: Promise<MulticastSocket> | undefined;
  #isClosed = false;
  #answers = { sinceMs: 0, count: 0, isPending: false };

  constructor(deps: MdnsDeps) {
    this.#deps = deps;
  }

  /** Answers whoever asks for the service from now on. Rejects when no interface can be joined. */
  async announce(announcement: Announcement): Promise<void> {
    const socket = await this.#open();
    this.#announcements.push(announcement);
    socket.send(encodeAnswer(announcement));
  }

  /** Where the instances of a service are, as far as they answer in time. Rejects when no interface can be joined. */
  async find(what: { service: string; domain: string; timeoutMs: number }): Promise<Endpoint[]> {
    const { clock } = this.#deps;
    const socket = await this.#open();
    const found = new Found(`${what.service}.${what.domain}`);
    const ask = () => socket.send(encodeQuestions(found.questions()));
    return new Promise((resolve) => {
      const timers = ASK_AGAIN_MS.map((ms) => clock.after(ms, ask));
      let hasFirst = false;
      const search = {
        take(packet: Packet) {
          found.add(packet);
          if (hasFirst || found.endpoints().length === 0) return;
          hasFirst = true;
          timers.push(clock.after(AFTER_FIRST_MS, search.finish));
        },
        finish: () => {
          for (const timer of timers) timer.cancel();
          this.#searches.delete(search);
          resolve(found.endpoints());
        },
      };
      timers.push(clock.after(what.timeoutMs, search.finish));
      this.#searches.add(search);
      ask();
    });
  }

  /** Searches end with what they have found so far. */
  close(): void {
    this.#isClosed = true;
    for (const search of this.#searches) search.finish();
    void this.#socket?.then((socket) => socket.close());
    this.#socket = undefined;
  }

  /** One socket for all; one that failed to open is tried again the next time. */
  #open(): Promise<MulticastSocket> {
    if (this.#isClosed) return Promise.reject(new Error("multicast DNS was closed"));
    this.#socket ??= this.#deps.multicast
      .open((bytes, address, port) => this.#receive(bytes, address, port))
      .catch((error: unknown) => {
        this.#socket = undefined;
        throw error;
      });
    return this.#socket;
  }

  #receive(bytes: Uint8Array, address: string, port: number): void {
    const packet = decodePacket(bytes);
    if (packet === undefined) return;
    if (packet.type === "response") for (const { take } of this.#searches) take(packet);
    else this.#answer(packet, address, port);
  }

  #answer(query: Packet, address: string, port: number): void {
    const asked = this.#announcements.filter((each) => asksFor(query, each));
    if (asked.length === 0 || !this.#mayAnswer()) return;
    const sendAll = (send: (socket: MulticastSocket, announcement: Announcement) => void) =>
      void this.#socket?.then((socket) => {
        for (const each of asked) send(socket, each);
      });
    if (port !== this.#deps.multicast.port) {
      sendAll((socket, each) => socket.sendTo(encodeAnswer(each, query), address, port));
      return;
    }
    if (this.#answers.isPending) return;
    this.#answers.isPending = true;
    const { clock, random } = this.#deps;
    const { min, max } = ANSWER_DELAY_MS;
    clock.after(min + random.float() * (max - min), () => {
      this.#answers.isPending = false;
      sendAll((socket, each) => socket.send(encodeAnswer(each)));
    });
  }

  #mayAnswer(): boolean {
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs - this.#answers.sinceMs >= SECOND_MS) Object.assign(this.#answers, { sinceMs: nowMs, count: 0 });
    if (this.#answers.count === ANSWERS_MAX)
      this.#deps.log.debug("too many questions over multicast DNS; some are not answered", {
        answers_max: ANSWERS_MAX,
      });
    return this.#answers.count++ < ANSWERS_MAX;
  }
}
