import type { z } from "zod";
import type { ProxyConfig } from "../../model/service.ts";
import type { ServiceConfig } from "../../model/service-config.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { LocalState } from "../local/state.ts";
import type { KnownConfigs } from "./known-configs.ts";
import { mergedProxy, requestFor } from "./merge.ts";
import type { ServiceConfigSource } from "./source.ts";

type Proxy = z.infer<typeof ProxyConfig>;

/** So long the catalog is not told of a proxy of which is not known yet what the entries say. */
const HOLD_MS_MAX = 2000;

export interface CentralConfigOptions {
  state: Pick<LocalState, "service" | "services" | "setProxy" | "subscribe">;
  source: ServiceConfigSource;
  /** Left out where the source always answers. */
  known?: KnownConfigs | undefined;
  /** Nothing is written to the catalog until the returned function is called. */
  hold: () => () => void;
  clock: Clock;
  log: Logger;
}

/** One proxy or gateway of this node. */
interface Entry {
  /** The proxy as its registration has it. */
  written: Proxy;
  /** The one in `state`: with what the config entries add. */
  merged: Proxy;
  /** What was last asked for. */
  key: string;
  service: string;
  config: ServiceConfig | undefined;
  stop: () => void;
  /** Resolves when the first answer came, or was waited for long enough. */
  settled: Promise<void>;
}

/**
 * Keeps the proxies and gateways of this node as their registrations and the config entries say together (Consul's central
 * service config). What the registration says stays apart, in its file; the state, and so the catalog, has the merged one.
 */
export class CentralConfig {
  readonly #options: CentralConfigOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #unsubscribe: () => void;

  constructor(options: CentralConfigOptions) {
    this.#options = options;
    this.#unsubscribe = options.state.subscribe(({ serviceId }) => this.#onChange(serviceId));
  }

  /** Resolves when what the entries say of these services is merged, or was waited for long enough. */
  async settled(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#entries.get(id)?.settled));
  }

  /** To be called before anything is registered. */
  async load(): Promise<void> {
    await this.#options.known?.load();
  }

  /** All that the disk and the files say is registered: what was known of others is of no more use. */
  endOfStart(): void {
    this.#options.known?.keep(new Set(this.#entries.keys()));
  }

  stop(): void {
    this.#unsubscribe();
    for (const { stop } of this.#entries.values()) stop();
    this.#entries.clear();
  }

  #onChange(id: string): void {
    const service = this.#options.state.service(id)?.service;
    const known = this.#entries.get(id);
    if (service !== undefined && known?.merged === service.Proxy) return;
    const request = service && requestFor(service);
    if (service === undefined || request === undefined) {
      known?.stop();
      this.#entries.delete(id);
      if (known !== undefined) this.#options.known?.forget(id);
      return;
    }
    const upstreams = [...new Set(request.upstreams)].sort();
    const key = JSON.stringify([request.name, upstreams]);
    if (known?.key === key) {
      known.written = service.Proxy;
      known.merged = service.Proxy;
      this.#merge(id, known);
      return;
    }
    known?.stop();
    const entry: Entry = {
      ...{ written: service.Proxy, merged: service.Proxy, key, service: request.name },
      // What was known of the same service is nearer to the truth than nothing.
      config: known?.service === request.name ? known.config : this.#options.known?.get(id, request.name),
      ...{ stop: () => undefined, settled: Promise.resolve() },
    };
    this.#entries.set(id, entry);
    this.#follow(id, entry, { name: request.name, upstreams });
  }

  #follow(id: string, entry: Entry, request: { name: string; upstreams: string[] }): void {
    const { source, known, hold, clock, log } = this.#options;
    let settle: (() => void) | undefined;
    let isTold = false;
    const settled = () => settle?.();
    const stopWatching = source.watch(
      request,
      (config) => {
        isTold = true;
        entry.config = config;
        if (this.#entries.get(id) === entry) known?.set(id, request.name, config);
        this.#merge(id, entry);
        settled();
      },
      (error) => {
        isTold = true;
        log.debug("what config entries say of a service is not known", { service: id, error: String(error) });
        settled();
      },
    );
    entry.stop = stopWatching;
    if (isTold) return;
    this.#merge(id, entry);
    const release = hold();
    entry.settled = new Promise((resolve) => {
      const timer: Timer = clock.after(HOLD_MS_MAX, settled);
      settle = () => {
        settle = undefined;
        timer.cancel();
        release();
        resolve();
      };
    });
    entry.stop = () => {
      stopWatching();
      settled();
    };
  }

  #merge(id: string, entry: Entry): void {
    if (this.#entries.get(id) !== entry || entry.config === undefined) return;
    const merged = mergedProxy(entry.written, entry.config);
    const isSame = JSON.stringify(merged) === JSON.stringify(this.#options.state.service(id)?.service.Proxy);
    if (isSame) entry.merged = this.#options.state.service(id)?.service.Proxy ?? merged;
    else {
      entry.merged = merged;
      this.#options.state.setProxy(id, merged);
    }
  }
}
