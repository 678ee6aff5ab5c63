import type { HealthCheck } from "../../../../src/model/check.ts";
import type { NodeService } from "../../../../src/model/service.ts";
import type { Command } from "../../../../src/state/commands.ts";
import type { Topic } from "../../../../src/state/topics.ts";
import { stateRig } from "../../../support/state-rig.ts";

/** A state machine that tells what each command touched. */
export class World {
  readonly rig = stateRig();
  /** Topics that the last command touched. */
  touched = new Set<Topic>();

  get db() {
    return this.rig.db;
  }

  /** Index of the last command. */
  get index(): number {
    return this.rig.index;
  }

  /** Applies a command; a Refusal is returned as its text. */
  apply(command: Command): unknown {
    const batches = this.rig.touched.length;
    const result = this.rig.apply(command);
    this.touched = new Set(this.rig.touched.slice(batches).flat());
    return result instanceof Error ? result.message : result;
  }

  register(node: string, parts: RegisterParts = {}): unknown {
    return this.apply({
      type: "catalog.register",
      node: {
        ID: parts.id ?? "",
        Node: node,
        Address: parts.address ?? "10.0.0.1",
        Datacenter: "dc1",
        TaggedAddresses: null,
        Meta: parts.meta ?? null,
      },
      skipNodeUpdate: parts.skipNodeUpdate ?? false,
      ...(parts.service === undefined ? {} : { service: instance(parts.service) }),
      checks: (parts.checks ?? []).map((check) => healthCheck({ Node: node, ...check })),
    });
  }
}

export interface RegisterParts {
  id?: string;
  address?: string;
  meta?: Record<string, string> | null;
  skipNodeUpdate?: boolean;
  service?: Partial<NodeService> & { Service: string };
  checks?: Partial<HealthCheck>[];
}

export function instance(parts: Partial<NodeService> & { Service: string }): NodeService {
  return {
    ID: parts.Service,
    Tags: null,
    Address: "",
    Meta: null,
    Port: 80,
    Weights: { Passing: 1, Warning: 1 },
    EnableTagOverride: false,
    Proxy: { MeshGateway: {}, Expose: {} },
    Connect: {},
    CreateIndex: 0,
    ModifyIndex: 0,
    ...parts,
  };
}

export function healthCheck(parts: Partial<HealthCheck>): HealthCheck {
  return {
    Node: "",
    CheckID: "c",
    Name: "c",
    Status: "passing",
    Notes: "",
    Output: "",
    ServiceID: "",
    ServiceName: "",
    ServiceTags: [],
    Type: "",
    Definition: {},
    CreateIndex: 0,
    ModifyIndex: 0,
    ...parts,
  };
}
