import type { HealthCheck } from "../../../../src/model/check.ts";
import type { Node } from "../../../../src/model/node.ts";
import type { NodeService } from "../../../../src/model/service.ts";
import type { CatalogCommand, RegisterCommand } from "../../../../src/state/catalog/commands.ts";
import type { InstanceHealth } from "../../../../src/state/catalog/queries.ts";

interface Held {
  node: Node;
  services: Map<string, NodeService>;
  checks: Map<string, HealthCheck>;
}

/** The catalog as one would write it without a database, an index or a waiter: what the real one is compared with. */
export class NaiveCatalog {
  #nodes = new Map<string, Held>();

  /** False when the command is refused, and then nothing changed. */
  apply(command: CatalogCommand, index: number): boolean {
    if (command.type === "catalog.register") {
      const before = structuredClone(this.#nodes);
      const done = this.#register(command, index);
      if (!done) this.#nodes = before;
      return done;
    }
    const key = command.node.toLowerCase();
    const held = this.#nodes.get(key);
    if (command.serviceId) {
      const id = command.serviceId.toLowerCase();
      held?.services.delete(id);
      for (const [checkKey, check] of held?.checks ?? []) {
        if (check.ServiceID.toLowerCase() === id) held?.checks.delete(checkKey);
      }
    } else if (command.checkId) held?.checks.delete(command.checkId.toLowerCase());
    else this.#nodes.delete(key);
    return true;
  }

  #register({ node, skipNodeUpdate, service, checks }: RegisterCommand, index: number): boolean {
    const key = node.Node.toLowerCase();
    if (!skipNodeUpdate || !this.#nodes.has(key)) {
      let createIndex = this.#nodes.get(key)?.node.CreateIndex;
      const owner = [...this.#nodes.values()].find((held) => node.ID !== "" && held.node.ID === node.ID);
      if (owner !== undefined && owner.node.Node !== node.Node) {
        createIndex = owner.node.CreateIndex;
        this.#nodes.delete(owner.node.Node.toLowerCase());
      }
      const held = this.#nodes.get(key) ?? { node: undefined, services: new Map(), checks: new Map() };
      const stored = held.node && renew(held.node as Node, { ...node }, index);
      this.#nodes.set(key, {
        ...held,
        node: stored ?? { ...node, CreateIndex: createIndex ?? index, ModifyIndex: index },
      });
      const now = this.#nodes.get(key);
      if (now !== undefined && createIndex !== undefined) now.node.CreateIndex = createIndex;
    }
    const held = this.#nodes.get(key);
    if (held === undefined) return false;
    if (service !== undefined) {
      const { CreateIndex: _create, ModifyIndex: _modify, ...rest } = service as NodeService;
      const id = service.ID.toLowerCase();
      held.services.set(id, renew(held.services.get(id), rest, index));
    }
    for (const each of checks) {
      const owner = each.ServiceID === "" ? undefined : held.services.get(each.ServiceID.toLowerCase());
      if (each.ServiceID !== "" && owner === undefined) return false;
      const { CreateIndex: _create, ModifyIndex: _modify, ...rest } = each as HealthCheck;
      const stated = {
        ...rest,
        Status: each.Status || "critical",
        ServiceName: owner?.Service ?? each.ServiceName,
        ServiceTags: owner === undefined ? each.ServiceTags : (owner.Tags ?? []),
      };
      const id = each.CheckID.toLowerCase();
      held.checks.set(id, renew(held.checks.get(id), stated, index));
    }
    return true;
  }

  nodeList(): Node[] {
    return this.#sorted().map((held) => held.node);
  }

  checkList(): HealthCheck[] {
    return this.#sorted().flatMap((held) => sortedValues(held.checks));
  }

  serviceList(): Record<string, string[]> {
    const tags: Record<string, Set<string>> = {};
    for (const held of this.#nodes.values()) {
      for (const service of held.services.values()) {
        tags[service.Service] ??= new Set();
        for (const tag of service.Tags ?? []) tags[service.Service]?.add(tag);
      }
    }
    return Object.fromEntries(Object.entries(tags).map(([name, set]) => [name, [...set].sort()]));
  }

  health(name: string): InstanceHealth[] {
    return this.#instances((service) => service.Service.toLowerCase() === name);
  }

  connect(name: string): InstanceHealth[] {
    return this.#instances((service) =>
      service.Kind === "connect-proxy"
        ? service.Proxy.DestinationServiceName === name
        : service.Connect.Native === true && service.Service.toLowerCase() === name,
    );
  }

  #instances(wanted: (service: NodeService) => boolean): InstanceHealth[] {
    return this.#sorted().flatMap((held) =>
      sortedValues(held.services)
        .filter(wanted)
        .map((Service) => ({
          Node: held.node,
          Service,
          Checks: [
            ...sortedValues(held.checks).filter((check) => check.ServiceID === ""),
            ...sortedValues(held.checks).filter((check) => check.ServiceID.toLowerCase() === Service.ID.toLowerCase()),
          ],
        })),
    );
  }

  #sorted(): Held[] {
    return sortedValues(this.#nodes);
  }
}

function sortedValues<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** Keeps what is the same, indexes and all; else takes the new value with a new ModifyIndex. */
function renew<T extends { CreateIndex: number; ModifyIndex: number }>(
  old: T | undefined,
  stated: Omit<T, "CreateIndex" | "ModifyIndex">,
  index: number,
): T {
  const next = { ...stated, CreateIndex: old?.CreateIndex ?? index, ModifyIndex: index } as T;
  const same = { ...next, ModifyIndex: old?.ModifyIndex };
  return old !== undefined && Bun.deepEquals(old, same) ? old : next;
}
