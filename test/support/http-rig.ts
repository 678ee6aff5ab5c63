import { createHttpApp } from "../../src/http/app.ts";
import type { Consensus, HttpSettings } from "../../src/http/deps.ts";
import type { AnyRoute } from "../../src/http/endpoint.ts";
import { Refusal } from "../../src/lib/refusal.ts";
import { systemClock } from "../../src/platform/clock.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Meter } from "../../src/ports/meter.ts";
import { Publisher } from "../../src/state/publisher.ts";
import { silentLogger, silentMeter } from "./silent.ts";

export const SETTINGS: HttpSettings = {
  datacenter: "dc1",
  waitLimits: { defaultQueryTimeMs: 300_000, maxQueryTimeMs: 600_000 },
  alwaysPretty: false,
  responseHeaders: {},
  blockedEndpoints: [],
  waitingPerClientMax: 200,
  jsonBodyBytesMax: 1024 * 1024,
  bodyLimits: { kvValueBytesMax: 512 * 1024, txnBytesMax: 512 * 1024 },
};

/** A server that leads. */
export const LEADER: Consensus = {
  isLeader: () => true,
  hasLease: () => true,
  readIndex: () => Promise.resolve(),
  leaderContactMs: () => 0,
  knownLeader: () => true,
};

/** A server that neither leads nor knows a leader, `contactMs` after it heard the last one. */
export const leaderless = (contactMs?: number): Consensus => ({
  isLeader: () => false,
  hasLease: () => false,
  readIndex: () => Promise.reject(new Refusal("No cluster leader")),
  leaderContactMs: () => contactMs,
  knownLeader: () => false,
});

/** The HTTP edge without a listener: requests go straight in. */
export function httpRig(
  routes: readonly unknown[],
  api: object,
  options: {
    publisher?: Publisher;
    clock?: Clock;
    meter?: Meter;
    settings?: Partial<HttpSettings>;
    consensus?: Partial<Consensus>;
  } = {},
) {
  const publisher = options.publisher ?? new Publisher();
  const held: string[] = [];
  const app = createHttpApp(
    routes as readonly AnyRoute[],
    {
      clock: options.clock ?? systemClock,
      random: () => 0,
      log: silentLogger,
      meter: options.meter ?? silentMeter,
      publisher,
      consensus: { ...LEADER, ...options.consensus },
      settings: () => ({ ...SETTINGS, ...options.settings }),
    },
    api,
  );
  return {
    app,
    publisher,
    /** What happened to the idle timeout of connections. */
    held,
    async send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
      return app.fetch(new Request(`http://127.0.0.1:8500${path}`, { method, ...init }), {
        remoteAddress: () => "127.0.0.1",
        holdOpen: () => held.push("hold"),
        release: () => held.push("release"),
      });
    },
  };
}
