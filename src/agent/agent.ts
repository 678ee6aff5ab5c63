import type { Secret } from "../lib/secret.ts";
import type { HealthStatus } from "../model/check.ts";
import type { ServiceDefinition } from "../model/definition.ts";
import type { CheckDefinition } from "../model/definition-check.ts";
import type { Clock } from "../ports/clock.ts";
import type { FileStore } from "../ports/file-store.ts";
import type { Logger } from "../ports/logger.ts";
import type { Http2Prober, HttpProber, SocketProber } from "../ports/probes.ts";
import type { ProcessRunner } from "../ports/process.ts";
import type { Random } from "../ports/random.ts";
import { CentralConfig } from "./central-config/central-config.ts";
import { KnownConfigs } from "./central-config/known-configs.ts";
import type { ServiceConfigSource } from "./central-config/source.ts";
import type { AliasView } from "./checks/alias.ts";
import { checkFactories } from "./checks/factories.ts";
import { Runners } from "./checks/runners.ts";
import { type FileDefinitions, registerFiles, replaceFiles } from "./local/file-definitions.ts";
import { Persistence } from "./local/persist.ts";
import { type Origin, Registrar, type ScriptPolicy } from "./local/registrar.ts";
import { type SidecarPorts, sidecarId } from "./local/sidecar.ts";
import { type LocalCheck, type LocalService, LocalState } from "./local/state.ts";
import { AntiEntropy } from "./sync/anti-entropy.ts";
import type { CatalogClient, NodeIdentity } from "./sync/catalog-client.ts";
import { Reaper } from "./sync/reaper.ts";
import { Syncer } from "./sync/syncer.ts";

/** What a reload may change. */
export interface AgentSettings {
  checkUpdateIntervalMs: number;
  discardCheckOutput: boolean;
}

export interface AgentOptions {
  clock: Clock;
  random: Random;
  log: Logger;
  files: FileStore;
  catalog: CatalogClient;
  identity: () => NodeIdentity;
  /** The token of `acl.tokens.agent`, or of `default` without one. */
  agentToken: () => Secret;
  /** Members of the cluster. */
  clusterSize: () => number;
  processes: ProcessRunner;
  http: HttpProber;
  sockets: SocketProber;
  loadHttp2: () => Promise<Http2Prober>;
  /** The environment's `DOCKER_HOST`. */
  dockerHost: string;
  sidecarPorts: SidecarPorts;
  scripts: ScriptPolicy;
  checkOutputBytesMax: number;
  settings: AgentSettings;
  definitions: FileDefinitions;
  /** What config entries say of proxies; left out where they say nothing. */
  serviceConfigs?: ServiceConfigSource;
  /** Called after a service of this agent appeared, changed or left; for who waits on `agentServiceTopic`. */
  onServiceChange: (serviceId: string) => void;
}

/** Every node's role: has services and checks, runs the checks, and tells the catalog. */
export class Agent {
  readonly state: LocalState;
  readonly syncer: Syncer;
  readonly #options: AgentOptions;
  readonly #registrar: Registrar;
  readonly #runners: Runners;
  readonly #reaper: Reaper;
  readonly #central: CentralConfig | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    const { clock, random, log, files, catalog, identity, agentToken, clusterSize } = options;
    this.state = new LocalState({ clock, random, ...options.settings });
    this.#runners = new Runners({
      clock,
      log,
      outputBytesMax: options.checkOutputBytesMax,
      factories: checkFactories({ ...options, aliasSource: this.#aliasSource() }),
      report: (id, result) => this.state.updateCheck(id, result.status, result.output),
    });
    this.#registrar = new Registrar({
      ...{ clock, log, state: this.state, runners: this.#runners, persistence: new Persistence(files, log) },
      nodeName: identity().name,
      sidecarPorts: options.sidecarPorts,
      scripts: options.scripts,
    });
    const reconciler = new AntiEntropy({
      ...{ state: this.state, catalog, identity, agentToken, log },
      drop: (kind, id) => this.#registrar.drop(kind, id),
    });
    this.syncer = new Syncer({ reconciler, clock, random, log, clusterSize });
    this.#reaper = new Reaper({ clock, log, state: this.state, deregister: (id) => this.deregisterService(id) });
    // Before those who tell of a change: what they find is merged.
    this.#central = this.#centralConfig();
    this.state.subscribe((change) => {
      if (change.sync) this.syncer.changed();
      if (change.serviceId !== "") options.onServiceChange(change.serviceId);
    });
  }

  /** Registers what the files and the disk say, then begins to run and to synchronise. Rejects for a bad definition. */
  async start(): Promise<void> {
    this.syncer.pause();
    await this.#central?.load();
    await this.#registrar.restore(() => registerFiles(this.#registrar, this.#options.definitions));
    this.#central?.endOfStart();
    this.syncer.resume();
    this.syncer.start();
    this.#reaper.start();
  }

  /** Takes other files and settings; the catalog sees one change. Rejects for a bad definition. */
  async reload(definitions: FileDefinitions, settings: AgentSettings): Promise<void> {
    this.syncer.pause();
    // The node's own data may be another one.
    this.syncer.fullSync();
    try {
      this.state.configure(settings);
      await replaceFiles(this.#registrar, this.state, definitions, this.#options.log);
    } finally {
      this.syncer.resume();
    }
  }

  /** Stops the checks and the synchroniser; the catalog keeps what it has. */
  stop(): void {
    this.#reaper.stop();
    this.syncer.stop();
    this.#central?.stop();
    this.#runners.stopAll();
    this.state.close();
  }

  services(): LocalService[] {
    return this.state.services();
  }

  service(id: string): LocalService | undefined {
    return this.state.service(id);
  }

  checks(): LocalCheck[] {
    return this.state.checks();
  }

  async registerService(definition: ServiceDefinition, origin: Origin, replaceChecks: boolean): Promise<void> {
    await this.#registrar.registerService(definition, origin, replaceChecks);
    const id = definition.ID || definition.Name;
    await this.#central?.settled([id, sidecarId(id)]);
  }

  deregisterService(id: string): Promise<void> {
    return this.#registrar.deregisterService(id);
  }

  registerCheck(definition: CheckDefinition, origin: Origin): Promise<void> {
    return this.#registrar.registerCheck(definition, origin);
  }

  deregisterCheck(id: string): Promise<void> {
    return this.#registrar.deregisterCheck(id);
  }

  updateTtl(id: string, status: HealthStatus, output: string): Promise<void> {
    return this.#registrar.updateTtl(id, status, output);
  }

  setServiceMaintenance(id: string, enable: boolean, reason: string, token: Secret): Promise<void> {
    return this.#registrar.setServiceMaintenance(id, enable, reason, token);
  }

  setNodeMaintenance(enable: boolean, reason: string, token: Secret): Promise<void> {
    return this.#registrar.setNodeMaintenance(enable, reason, token);
  }

  /** The `agent` figures of `/v1/agent/self`. */
  stats(): Record<string, string> {
    const ttls = this.checks().filter((local) => local.run.TTL > 0).length;
    return {
      check_monitors: String(this.checks().length - ttls),
      check_ttls: String(ttls),
      checks: String(this.checks().length),
      services: String(this.services().length),
    };
  }

  #centralConfig(): CentralConfig | undefined {
    const { serviceConfigs: source, clock, log, files } = this.#options;
    const hold = () => {
      this.syncer.pause();
      return () => this.syncer.resume();
    };
    const known = source?.isRemote ? new KnownConfigs(files, log) : undefined;
    return source && new CentralConfig({ state: this.state, source, known, hold, clock, log });
  }

  #aliasSource() {
    const { catalog, identity, agentToken } = this.#options;
    return {
      nodeName: identity().name,
      subscribe: (listener: () => void) => this.state.subscribe(listener),
      local: (): AliasView => ({
        serviceIds: new Set(this.services().map((local) => local.service.ID)),
        checks: this.checks().map((local) => local.check),
      }),
      remote: async (node: string): Promise<AliasView> => {
        const { services, checks } = await catalog.nodeView({ name: node, id: "" }, agentToken());
        return { serviceIds: new Set(services.map((service) => service.ID)), checks };
      },
    };
  }
}
