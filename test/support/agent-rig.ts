import type { CheckFactory } from "../../src/agent/checks/runners.ts";
import { Runners } from "../../src/agent/checks/runners.ts";
import { Persistence } from "../../src/agent/local/persist.ts";
import { Registrar } from "../../src/agent/local/registrar.ts";
import { LocalState } from "../../src/agent/local/state.ts";
import { AntiEntropy } from "../../src/agent/sync/anti-entropy.ts";
import type {
  CatalogClient,
  DeregisterRequest,
  ForgetRequest,
  NodeIdentity,
  NodeView,
  RegisterRequest,
} from "../../src/agent/sync/catalog-client.ts";
import { Syncer } from "../../src/agent/sync/syncer.ts";
import { Refusal } from "../../src/lib/refusal.ts";
import { NO_SECRET } from "../../src/lib/secret.ts";
import type { HealthCheck } from "../../src/model/check.ts";
import { decodeCheckDefinition, decodeServiceDefinition } from "../../src/model/definition.ts";
import { DEREGISTERED_STATUS, type Deregistered, idOfDeregistered } from "../../src/model/deregistered.ts";
import type { Node } from "../../src/model/node.ts";
import type { NodeService } from "../../src/model/service.ts";
import { MemoryFileStore } from "../../src/platform/file-store.ts";
import type { FileStore } from "../../src/ports/file-store.ts";
import { ManualClock } from "./manual-clock.ts";
import { RecordingLogger } from "./recording-logger.ts";

/** The catalog as one map, with a record of what was asked of it. */
export class FakeCatalog implements CatalogClient {
  node: Node | null = null;
  readonly services = new Map<string, NodeService>();
  readonly checks = new Map<string, HealthCheck>();
  readonly calls: (RegisterRequest | DeregisterRequest)[] = [];
  /** By node id in the real one; all are this node's here. */
  deregistered: Deregistered[] = [];
  readonly forgotten: ForgetRequest["items"] = [];
  /** Thrown by the next calls while set. */
  failure: Error | undefined;

  async register(request: RegisterRequest): Promise<void> {
    this.#record(request);
    const { node, service, checks = [], isNew } = request;
    this.#settle("service", service === undefined ? [] : [service.ID], isNew.service ? [service?.ID ?? ""] : []);
    this.#settle(
      "check",
      checks.map(({ CheckID }) => CheckID),
      isNew.checks,
    );
    if (!request.skipNodeUpdate || this.node === null) {
      const { id: ID, name, address: Address, datacenter: Datacenter, taggedAddresses, meta } = node;
      const index = { CreateIndex: 1, ModifyIndex: 1 };
      this.node = { ID, Node: name, Address, Datacenter, TaggedAddresses: taggedAddresses, Meta: meta, ...index };
    }
    if (service !== undefined) this.services.set(service.ID, { ...service, CreateIndex: 7, ModifyIndex: 7 });
    for (const check of checks) this.checks.set(check.CheckID, { ...check, CreateIndex: 7, ModifyIndex: 7 });
  }

  async deregister(request: DeregisterRequest): Promise<void> {
    this.#record(request);
    if (request.serviceId !== undefined) {
      this.services.delete(request.serviceId);
      for (const check of this.checks.values()) {
        if (check.ServiceID === request.serviceId) this.checks.delete(check.CheckID);
      }
    }
    if (request.checkId !== undefined) this.checks.delete(request.checkId);
  }

  async nodeView(): Promise<NodeView> {
    if (this.failure) throw this.failure;
    const { node, deregistered } = this;
    return { node, services: [...this.services.values()], checks: [...this.checks.values()], deregistered };
  }

  async forgetDeregistered({ items }: ForgetRequest): Promise<void> {
    if (this.failure) throw this.failure;
    this.forgotten.push(...items);
    for (const { kind, id } of items) this.#forget(kind, id);
  }

  /** Somebody deregisters a service on purpose, as the real catalog notes it. */
  removeService(id: string): void {
    const Was = this.services.get(id);
    if (Was === undefined) throw new Error(`no service ${id}`);
    this.services.delete(id);
    for (const [checkId, check] of this.checks) if (check.ServiceID === id) this.checks.delete(checkId);
    this.deregistered.push({ Kind: "service", Was, Node: IDENTITY.name, Index: 9, AtMs: 0 });
  }

  /** `removeService` for a check. */
  removeCheck(id: string): void {
    const Was = this.checks.get(id);
    if (Was === undefined) throw new Error(`no check ${id}`);
    this.checks.delete(id);
    this.deregistered.push({ Kind: "check", Was, Node: IDENTITY.name, Index: 9, AtMs: 0 });
  }

  #settle(kind: Deregistered["Kind"], ids: readonly string[], isNew: readonly string[]): void {
    for (const id of ids) {
      if (isNew.includes(id)) this.#forget(kind, id);
      else if (this.deregistered.some((each) => each.Kind === kind && idOfDeregistered(each) === id)) {
        throw new Refusal(`${kind} ${JSON.stringify(id)} was deregistered on purpose`, DEREGISTERED_STATUS);
      }
    }
  }

  #forget(kind: Deregistered["Kind"], id: string): void {
    this.deregistered = this.deregistered.filter((each) => each.Kind !== kind || idOfDeregistered(each) !== id);
  }

  #record(call: RegisterRequest | DeregisterRequest): void {
    if (this.failure) throw this.failure;
    this.calls.push(call);
  }
}

export const IDENTITY: NodeIdentity = {
  datacenter: "dc1",
  id: "0b3f7d7e-2d84-4a47-9a3a-2d9f4a5b6c7d",
  name: "n1",
  address: "10.0.0.1",
  taggedAddresses: { lan: "10.0.0.1" },
  meta: {},
};

const idle: CheckFactory = () => ({ start: () => undefined, stop: () => undefined });

export interface AgentRig {
  clock: ManualClock;
  catalog: FakeCatalog;
  log: RecordingLogger;
  files: FileStore;
  state: LocalState;
  registrar: Registrar;
  runners: Runners;
  syncer: Syncer;
  service(json: unknown, replaceChecks?: boolean): Promise<void>;
  check(json: unknown): Promise<void>;
  /** Lets the synchroniser finish what it has to do now. */
  synced(): Promise<void>;
}

/** An agent without network: real state, persistence, TTL checks and synchroniser around a fake catalog and clock. */
export function agentRig(
  options: {
    files?: FileStore;
    clock?: ManualClock;
    catalog?: FakeCatalog;
    /** In place of `catalog`. */
    client?: CatalogClient;
    scripts?: boolean;
  } = {},
): AgentRig {
  const clock = options.clock ?? new ManualClock();
  const catalog = options.catalog ?? new FakeCatalog();
  const files = options.files ?? new MemoryFileStore();
  const log = new RecordingLogger();
  const random = { float: () => 0.5, uuid: () => IDENTITY.id };
  const state = new LocalState({ clock, random, checkUpdateIntervalMs: 300_000, discardCheckOutput: false });
  const runners = new Runners({
    clock,
    log,
    outputBytesMax: 4096,
    factories: {
      alias: idle,
      docker: idle,
      script: idle,
      http: idle,
      tcp: idle,
      udp: idle,
      grpc: idle,
      h2ping: idle,
      os_service: idle,
    },
    report: (id, result) => state.updateCheck(id, result.status, result.output),
  });
  const registrar = new Registrar({
    state,
    runners,
    clock,
    log,
    persistence: new Persistence(files, log),
    nodeName: IDENTITY.name,
    sidecarPorts: { min: 21000, max: 21002 },
    scripts: { local: options.scripts ?? false, remote: options.scripts ?? false },
  });
  const reconciler = new AntiEntropy({
    ...{ state, identity: () => IDENTITY, agentToken: () => NO_SECRET, log },
    catalog: options.client ?? catalog,
    drop: (kind, id) => registrar.drop(kind, id),
  });
  const syncer = new Syncer({ reconciler, clock, random, log, clusterSize: () => 1 });
  state.subscribe((change) => {
    if (change.sync) syncer.changed();
  });
  const origin = { token: NO_SECRET, source: "remote" } as const;
  return {
    ...{ clock, catalog, log, files, state, registrar, runners, syncer },
    service: (json, replace) => registrar.registerService(decodeServiceDefinition(json), origin, replace),
    check: (json) => registrar.registerCheck(decodeCheckDefinition(json), origin),
    synced: () => syncer.idle(),
  };
}
