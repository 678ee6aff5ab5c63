import { type DnsInstance, type DnsState, instancesTopic, type ServiceFilter } from "./source.ts";

/** Instances of all remembered services together. */
const INSTANCES_MAX = 10_000;

interface Entry {
  readonly instances: readonly DnsInstance[];
  readonly unsubscribe: () => void;
}

/**
 * Remembers the instances of the services that are asked for, so that a new shuffle of an unchanged service costs no
 * query of the state. An entry goes when its topic announces a change, and the oldest ones when there are too many.
 * Services without instances are not remembered: names can be made up without end.
 */
export class InstanceMemo {
  readonly #state: Pick<DnsState, "serviceInstances" | "subscribe">;
  readonly #entries = new Map<string, Entry>();
  #count = 0;

  constructor(state: Pick<DnsState, "serviceInstances" | "subscribe">) {
    this.#state = state;
  }

  /** As `DnsState.serviceInstances`. */
  serviceInstances(name: string, filter: ServiceFilter): readonly DnsInstance[] {
    const topic = instancesTopic(name, filter);
    const key = `${topic} ${filter.tag ?? ""}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known.instances;
    const instances = this.#state.serviceInstances(name, filter);
    if (instances.length > 0 && instances.length <= INSTANCES_MAX) this.#add(key, topic, instances);
    return instances;
  }

  #add(key: string, topic: string, instances: readonly DnsInstance[]): void {
    const unsubscribe = this.#state.subscribe([topic], () => this.#drop(key));
    this.#entries.set(key, { instances, unsubscribe });
    this.#count += instances.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#count <= INSTANCES_MAX) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#count -= entry.instances.length;
    entry.unsubscribe();
  }
}
