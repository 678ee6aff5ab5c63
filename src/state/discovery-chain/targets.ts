import type { ResolverSubset } from "../../model/config-entry/routing.ts";

/** Where a name is looked for. */
export interface Place {
  readonly service: string;
  readonly subset: string;
  readonly namespace: string;
  readonly datacenter: string;
}

/** Instances of a service that requests are sent to, while the chain is compiled. */
export interface Target extends Place {
  readonly id: string;
  /** By what it is known outside of the mesh; "" inside. */
  externalSni: string;
  meshGatewayMode: string;
  instances: ResolverSubset;
  /** Something resolves to it. */
  isUsed: boolean;
}

export const ALL_INSTANCES: ResolverSubset = { Filter: "", OnlyPassing: false };

/** The targets of a chain, one for each place. */
export class Targets {
  readonly #targets = new Map<string, Target>();

  at(place: Place): Target {
    const id = idOf(place);
    const known = this.#targets.get(id);
    if (known !== undefined) return known;
    const { service, subset, namespace, datacenter } = place;
    const target: Target = {
      id,
      service,
      subset,
      namespace,
      datacenter,
      externalSni: "",
      meshGatewayMode: "",
      instances: ALL_INSTANCES,
      isUsed: false,
    };
    this.#targets.set(id, target);
    return target;
  }

  /** The target in place of `from`, as far as `to` says something. A subset is not taken along to another service. */
  instead(from: Target, to: Partial<Place>): Target {
    const isOther = !!to.service && to.service !== from.service;
    return this.at({
      service: to.service || from.service,
      subset: to.subset || (isOther ? "" : from.subset),
      namespace: to.namespace || from.namespace,
      datacenter: to.datacenter || from.datacenter,
    });
  }

  used(): Target[] {
    return [...this.#targets.values()].filter(({ isUsed }) => isUsed);
  }
}

function idOf({ service, subset, namespace, datacenter }: Place): string {
  return `${subset === "" ? "" : `${subset}.`}${service}.${namespace}.${datacenter}`;
}
