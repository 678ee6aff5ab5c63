import { Database } from "bun:sqlite";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { Refusal } from "../../../../src/lib/refusal.ts";
import type { HealthCheck } from "../../../../src/model/check.ts";
import type { NodeService } from "../../../../src/model/service.ts";
import type { Change } from "../../../../src/state/change.ts";
import { applyCommand, type Command, STATE_SCHEMA } from "../../../../src/state/commands.ts";
import type { StateDb } from "../../../../src/state/db.ts";
import { indexesOf } from "../../../../src/state/indexes/indexes.ts";
import { migrate } from "../../../../src/state/migrate.ts";
import type { Topic } from "../../../../src/state/topics.ts";

/** A state machine small enough for a test: one command at a time, no log. */
export class World {
  readonly db: StateDb = drizzle(new Database(":memory:"));
  /** Index of the last command. */
  index = 10;
  /** Topics that the last command touched. */
  touched = new Set<Topic>();

  constructor() {
    migrate(this.db, STATE_SCHEMA);
  }

  /** Applies a command; a Refusal is returned as its text. */
  apply(command: Command): unknown {
    this.index++;
    this.touched = new Set();
    try {
      return applyCommand(this.#change(), command);
    } catch (error) {
      if (error instanceof Refusal) return error.message;
      throw error;
    }
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

  #change(): Change {
    return {
      db: this.db,
      index: this.index,
      touch: (topic) => this.touched.add(topic),
      delayLocks: () => undefined,
      atomically: (write) => {
        const before = new Set(this.touched);
        this.db.$client.run("SAVEPOINT test");
        try {
          return indexesOf(this.db).atomically(write);
        } catch (error) {
          this.db.$client.run("ROLLBACK TO test");
          this.touched = before;
          throw error;
        } finally {
          this.db.$client.run("RELEASE test");
        }
      },
    };
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
