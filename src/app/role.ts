import type { ServiceConfigSource } from "../agent/central-config/source.ts";
import type { CatalogClient } from "../agent/sync/catalog-client.ts";
import type { Config } from "../config/config.ts";
import type { DnsSource } from "../dns/source.ts";
import type { PoolEvent } from "../gossip/types.ts";
import type { LocalAgentDeps, NodeDeps, ReachabilityDeps, TelemetryDeps } from "../http/agent-deps.ts";
import type { HttpApp } from "../http/app.ts";
import type { HttpSettings } from "../http/deps.ts";
import type { KeyringDeps } from "../http/operator-deps.ts";
import type { DebugDeps } from "../http/routes/debug-pprof.ts";
import type { EventDeps } from "../http/routes/event.ts";

import type { Coordinate } from "../lib/coordinate.ts";
import type { Publisher } from "../state/publisher.ts";
import type { NodeHost } from "./host.ts";
import type { Pools } from "./pools.ts";
import type { Telemetry } from "./telemetry.ts";

/** What the API of every node has, whatever its role. */
export type LocalApi = LocalAgentDeps &
  NodeDeps &
  ReachabilityDeps &
  KeyringDeps &
  EventDeps &
  TelemetryDeps &
  DebugDeps;

/** What a role, server or client, gives to the parts that every node has. */
export interface Role {
  readonly nodeId: string;
  readonly pools: Pools;
  readonly publisher: Publisher;
  /** How this node's agent reads and writes the catalog. */
  readonly catalog: CatalogClient;
  /** What config entries say of the proxies of this node. */
  readonly serviceConfigs: ServiceConfigSource;
  readonly dns: DnsSource;
  readonly keyring: KeyringDeps["keyring"];
  sendCoordinate(coordinate: Coordinate): Promise<void>;
  createHttp(local: LocalApi, settings: () => HttpSettings): HttpApp;
  /** Of `/v1/agent/self`: what the role knows of servers and log. */
  stats(): Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What stands at some value, for the metrics. */
  measure(): void;
  /** Nobody waits any more for what will not come. */
  endWaiting(): void;
  /** Takes this node out of the cluster and tells the pools. Rejects when the servers could not be told. */
  leave(): Promise<void>;
  stop(): Promise<void>;
}

export interface RoleParts {
  /** What is in force now. */
  config(): Config;
  readonly telemetry: Telemetry;
  readonly host: NodeHost;
  /** What happens in the pool of this datacenter. */
  onLan(event: PoolEvent): void;
}

export type StartRole = (parts: RoleParts) => Promise<Role>;
