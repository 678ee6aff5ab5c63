import { DNS_CONFIG_DEFAULTS, type DnsConfig } from "../../../src/dns/config.ts";
import { Recursors } from "../../../src/dns/recursor.ts";
import { Responder } from "../../../src/dns/responder.ts";
import { tcp } from "../../../src/platform/tcp-server.ts";
import { udp } from "../../../src/platform/udp.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Logger } from "../../../src/ports/logger.ts";
import type { Meter } from "../../../src/ports/meter.ts";
import type { Random } from "../../../src/ports/random.ts";
import { REGISTRATIONS, type Registration } from "./catalog.ts";
import { FakeSource } from "./fake-source.ts";

export const silentLog: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  named: () => silentLog,
};

export const silentMeter: Meter = { count: () => undefined, gauge: () => undefined, sample: () => undefined };

/** A small generator with a seed (mulberry32), so that a failing test can be run again. */
export function seededRandom(seed: number): Random {
  let state = seed;
  const float = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const hex = () =>
    Math.floor(float() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return { float, uuid: () => `${hex()}-${hex()}${hex()}` };
}

/** A clock that the test moves. */
export class ManualClock implements Clock {
  ms = 1_700_000_000_000;
  readonly #timers = new Set<{ atMs: number; fn: () => void }>();
  nowMs(): number {
    return this.ms;
  }
  monotonicMs(): number {
    return this.ms;
  }
  after(delayMs: number, fn: () => void) {
    const timer = { atMs: this.ms + delayMs, fn };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }
  soon(fn: () => void): void {
    this.after(0, fn);
  }
  advance(ms: number): void {
    this.ms += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.ms || !this.#timers.delete(timer)) continue;
      timer.fn();
    }
  }
}

export const SERVER: Registration = {
  Node: "n1",
  Address: "127.0.0.1",
  NodeMeta: { "consul-network-segment": "" },
  TaggedAddresses: { lan: "127.0.0.1", lan_ipv4: "127.0.0.1", wan: "127.0.0.1", wan_ipv4: "127.0.0.1" },
  Service: { Service: "consul", Port: 18323 },
};

/** A responder over the recorded catalog, without sockets; on a server, or on an agent without state. */
export function responderWorld(
  config: Partial<DnsConfig> = {},
  clock: Clock = new ManualClock(),
  role: "server" | "client" = "server",
) {
  const source = new FakeSource([SERVER, ...REGISTRATIONS], role === "server");
  const random = seededRandom(1);
  const responder = new Responder({
    source,
    config: { ...DNS_CONFIG_DEFAULTS, ...config },
    recursors: new Recursors({ udp, tcp, clock }, random),
    clock,
    random,
    log: silentLog,
    meter: silentMeter,
    nodeName: "n1",
  });
  return { source, responder, clock };
}
