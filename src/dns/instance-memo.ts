import { ListMemo } from "../lib/list-memo.ts";
import { type DnsInstance, type DnsState, instancesTopic, type ServiceFilter } from "./source.ts";

/** Instances of all remembered services together. */
const INSTANCES_MAX = 10_000;

/**
 * Remembers the instances of the services that are asked for, so that a new shuffle of an unchanged service costs no
 * query of the state.
 */
export class InstanceMemo {
  readonly #state: Pick<DnsState, "serviceInstances" | "subscribe">;
  readonly #memo = new ListMemo<DnsInstance>(INSTANCES_MAX);

  constructor(state: Pick<DnsState, "serviceInstances" | "subscribe">) {
    this.#state = state;
  }

  /** As `DnsState.serviceInstances`. */
  serviceInstances(name: string, filter: ServiceFilter): readonly DnsInstance[] {
    const topic = instancesTopic(name, filter);
    const key = `${topic} ${filter.tag ?? ""}`;
    const known = this.#memo.find(key);
    if (known !== undefined) return known;
    const instances = this.#state.serviceInstances(name, filter);
    this.#memo.add(key, instances, (drop) => this.#state.subscribe([topic], drop));
    return instances;
  }
}
