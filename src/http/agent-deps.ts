import type { Origin } from "../agent/local/registrar.ts";
import type { LocalCheck, LocalService } from "../agent/local/state.ts";
import type { Reachability } from "../agent/reachability.ts";
import type { Secret } from "../lib/secret.ts";
import type { HealthStatus } from "../model/check.ts";
import type { ServiceDefinition } from "../model/definition.ts";
import type { CheckDefinition } from "../model/definition-check.ts";
import type { LogLevel } from "../ports/logger.ts";

/** What the routes of services and checks need of the agent. Calls reject with a Refusal in Consul's words. */
export interface LocalAgent {
  services(): LocalService[];
  service(id: string): LocalService | undefined;
  checks(): LocalCheck[];
  registerService(definition: ServiceDefinition, origin: Origin, replaceChecks: boolean): Promise<void>;
  deregisterService(id: string): Promise<void>;
  registerCheck(definition: CheckDefinition, origin: Origin): Promise<void>;
  deregisterCheck(id: string): Promise<void>;
  updateTtl(id: string, status: HealthStatus, output: string): Promise<void>;
  setServiceMaintenance(id: string, enable: boolean, reason: string, token: Secret): Promise<void>;
  setNodeMaintenance(enable: boolean, reason: string, token: Secret): Promise<void>;
}

export interface LocalAgentDeps {
  agent: LocalAgent;
}

/** A member of the gossip pool as `GET /v1/agent/members` prints it. */
export interface AgentMember {
  Name: string;
  Addr: string;
  Port: number;
  Tags: Readonly<Record<string, string>>;
  /** 0 none, 1 alive, 2 leaving, 3 left, 4 failed. */
  Status: number;
  ProtocolMin: number;
  ProtocolMax: number;
  ProtocolCur: number;
  DelegateMin: number;
  DelegateMax: number;
  DelegateCur: number;
}

/** `GET /v1/agent/self`. Nothing in it is secret. */
export interface AgentSelf {
  Config: Readonly<Record<string, unknown>>;
  DebugConfig: Readonly<Record<string, unknown>>;
  Coord: Readonly<Record<string, unknown>> | null;
  Member: AgentMember;
  Stats: Readonly<Record<string, Readonly<Record<string, string>>>>;
  Meta: Readonly<Record<string, string>>;
}

/** What the routes about the node and its cluster need. */
export interface NodeDeps {
  node: {
    self(): AgentSelf;
    host(): Promise<Record<string, unknown>>;
    /** Members of the LAN pool, or of the WAN pool (null on a client, which has none). */
    members(wan: boolean): AgentMember[] | null;
    /** Rejects with one Error an address that could not be joined. */
    join(address: string, wan: boolean): Promise<void>;
    /** Resolves once the others know; the process ends soon after. */
    leave(): Promise<void>;
    /** 500 `agent: No node found with name 'x'`. `wan`: only in the pool of all datacenters' servers. */
    forceLeave(node: string, prune: boolean, wan: boolean): Promise<void>;
    reload(): Promise<void>;
  };
}

/** What the route that tests the network needs. */
export interface ReachabilityDeps {
  reachability: {
    /** Takes some seconds. Rejects with a Refusal for the WAN pool on a client, which is not in it. */
    test(wan: boolean): Promise<Reachability>;
  };
}

/** What the routes about what the agent says of itself need. */
export interface TelemetryDeps {
  telemetry: {
    /** The last interval, as JSON. */
    metrics(): unknown;
    /** The next interval, at its end; or what there is when `signal` is aborted. */
    nextMetrics(signal: AbortSignal): Promise<unknown>;
    /** Undefined when `prometheus_retention_time` isn't set. */
    prometheus(): string | undefined;
    /** Calls `onLine` for each line from `level` up, until the returned function is called. */
    subscribe(level: LogLevel, json: boolean, onLine: (line: string) => void): () => void;
  };
}
