import { Refusal } from "../../lib/refusal.ts";
import type { Secret } from "../../lib/secret.ts";
import type { HealthStatus } from "../../model/check.ts";
import type { ServiceDefinition } from "../../model/definition.ts";
import type { CheckDefinition, CheckRun } from "../../model/definition-check.ts";
import type { DeregisteredItem } from "../../model/deregistered.ts";
import type { NodeService } from "../../model/service.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { CheckRunners } from "../checks/check.ts";
import { buildCheck, buildService, buildServiceChecks, checksOf, type PlannedCheck } from "./build.ts";
import { DeregisteredDefinitions, MEND, type Standing } from "./deregistered.ts";
import { maintenanceCheck, NODE_MAINTENANCE_ID, serviceMaintenanceId } from "./maintenance.ts";
import type { Persistence, TtlState } from "./persist.ts";
import { type SidecarPorts, sidecarId, sidecarOf } from "./sidecar.ts";
import type { LocalCheck, LocalService, LocalState, Source } from "./state.ts";
import { isHealthStatus, validateRun, validateService } from "./validate.ts";

/** Whether checks may run programs: those of files, and those that come over the API. */
export interface ScriptPolicy {
  local: boolean;
  remote: boolean;
}

export interface RegistrarOptions {
  state: LocalState;
  persistence: Persistence;
  runners: CheckRunners;
  clock: Clock;
  log: Logger;
  nodeName: string;
  sidecarPorts: SidecarPorts;
  scripts: ScriptPolicy;
}

/** Who registers, with what right. */
export interface Origin {
  token: Secret;
  source: Source;
}

/** How one service is registered. */
interface Registering {
  origin: Origin;
  replaceChecks: boolean;
  isSidecar: boolean;
  /** Somebody wants it now, whatever was deregistered before. */
  isNew: boolean;
}

/** Maintenance outlives a restart, whoever asked for it. */
const KEPT = { isNew: true, isKept: true };

/** Changes what this node has: the agent's register, deregister, update and maintenance calls. Ids are taken as they are. */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #deregistered: DeregisteredDefinitions;
  /** What TTL checks said before the start, until their checks are registered. */
  #saidBefore: ReadonlyMap<string, TtlState> = new Map();
  constructor(options: RegistrarOptions) {
    this.#options = options;
    this.#deregistered = new DeregisteredDefinitions(options.persistence, options.log);
  }

  /**
   * Adds or replaces a service with its checks and its sidecar. Checks that the definition doesn't name stay, unless
   * `replaceChecks`. Resolves when all is on disk. Throws a Refusal: 400 for a bad definition, 500 for forbidden scripts.
   */
  async registerService(definition: ServiceDefinition, origin: Origin, replaceChecks = false): Promise<void> {
    validateService(definition);
    const service = buildService(definition);
    const sidecar = this.#sidecarDefinition(definition, service);
    if (sidecar !== undefined) validateService(sidecar);
    for (const each of [definition, ...(sidecar === undefined ? [] : [sidecar])]) {
      for (const check of checksOf(each)) this.#vetScripts(check, origin.source);
    }
    const standing = this.#standingOf("service", service.ID, definition, origin);
    if (standing === "dropped") return;
    const how = { origin, replaceChecks, isSidecar: false, isNew: standing === "new" };
    const saved = this.#addService(definition, service, how);
    if (sidecar !== undefined) {
      const built = buildService(sidecar);
      // Its port may be drawn anew each time.
      const standing = this.#standingOf("service", built.ID, definition.Connect?.SidecarService, origin);
      const howSidecar = { ...how, isSidecar: true, isNew: standing === "new" };
      if (standing !== "dropped") saved.push(...this.#addService(sidecar, built, howSidecar));
    }
    await Promise.all(saved);
  }

  /** The files' definitions are all registered; those that were deregistered on purpose were left out. */
  endOfFiles(): Promise<void> {
    return this.#deregistered.endOfFiles();
  }

  /** Removes a service with its checks and its sidecar; an unknown one is fine, as in Consul. 500 for an empty id. */
  async deregisterService(id: string): Promise<void> {
    if (id === "") throw new Refusal("ServiceID missing");
    const { log, state, persistence } = this.#options;
    if (state.service(id) === undefined) log.warn("Failed to deregister service: unknown service", { service: id });
    else log.info("Deregistered service", { service: id });
    const remove = (sidecar: string) => this.deregisterService(sidecar);
    await Promise.all([persistence.removeService(id), ...this.#takeService(id, remove)]);
  }

  /**
   * Somebody deregistered it in the catalog on purpose: removes it here too, with what belongs to it. Once this has
   * resolved, neither a restart nor the files bring it back.
   */
  async drop(kind: DeregisteredItem["Kind"], id: string): Promise<void> {
    const { log, state, persistence } = this.#options;
    const isDefined = this.#deregistered.isDefined(kind, id);
    const mend = isDefined ? MEND : "register it with the API";
    log.warn(`Drops a ${kind} that was deregistered on purpose`, { [kind]: id, mend });
    if (kind === "service") {
      await Promise.all([...this.#retireService(id), this.#deregistered.drop(kind, id)]);
    } else {
      this.#takeCheck(id);
      const isBack = () => state.check(id) !== undefined;
      await Promise.all([!isDefined && persistence.retireCheck(id, isBack), this.#deregistered.drop(kind, id)]);
    }
  }

  /** `deregisterService` for good, also when the power fails; a sidecar that a file defines goes with its parent's definition. */
  #retireService(id: string): Promise<void>[] {
    const { state, persistence } = this.#options;
    const isKept = state.service(id)?.source === "remote";
    const taken = this.#takeService(id, async (sidecar) => void (await Promise.all(this.#retireService(sidecar))));
    const isBack = () => state.service(id) !== undefined;
    return isKept ? [persistence.retireService(id, isBack), ...taken] : taken;
  }

  /** All of it in this turn: a registration that comes next must not lose what is its own. The promises remove files. */
  #takeService(id: string, removeSidecar: (id: string) => Promise<void>): Promise<void>[] {
    const { state } = this.#options;
    state.removeService(id);
    const checks = state.checks().filter((local) => local.check.ServiceID === id);
    const hasSidecar = state.service(sidecarId(id))?.isSidecar ?? false;
    return [
      ...checks.map((local) => this.#dropCheck(local.check.CheckID)),
      ...(hasSidecar ? [removeSidecar(sidecarId(id))] : []),
    ];
  }

  /** Adds or replaces a check. Throws a Refusal: 400 for a bad definition, 500 for forbidden scripts or an unknown service. */
  async registerCheck(definition: CheckDefinition, origin: Origin): Promise<void> {
    if (definition.Name === "") throw new Refusal("Missing check name", 400);
    if (definition.Status !== "" && !isHealthStatus(definition.Status)) throw new Refusal("Bad check status", 400);
    validateRun(definition);
    this.#vetScripts(definition, origin.source);
    const id = definition.ID || definition.Name;
    const standing = this.#standingOf("check", id, definition, origin);
    const isOfDropped = origin.source === "local" && this.#deregistered.isDropped("service", definition.ServiceID);
    if (standing === "dropped" || isOfDropped) return;
    const service = this.#serviceOf(definition.ServiceID);
    const { check, run } = buildCheck(this.#options.nodeName, definition, service);
    // Consul leaves the type of a file's own checks empty (observed).
    const typed = origin.source === "local" ? { ...check, Type: "" } : check;
    await this.#addCheck({ check: typed, run }, origin, { isNew: standing === "new" });
  }

  /** What a call registers is always new. */
  #standingOf(kind: DeregisteredItem["Kind"], id: string, definition: unknown, { source }: Origin): Standing {
    return source === "local" ? this.#deregistered.standingOf(kind, id, definition) : "new";
  }

  #serviceOf(id: string): NodeService | undefined {
    if (id === "") return undefined;
    const service = this.#options.state.service(id)?.service;
    if (service === undefined) throw new Refusal(`ServiceID ${JSON.stringify(id)} does not exist`);
    return service;
  }

  /** Removes a check; an unknown one is fine. 500 for an empty id. */
  async deregisterCheck(id: string): Promise<void> {
    if (id === "") throw new Refusal("CheckID missing");
    await this.#dropCheck(id);
    this.#options.log.info("Deregistered check", { check: id });
  }

  /** Takes what a service says of itself. 500 when there is no TTL check of that id. */
  async updateTtl(id: string, status: HealthStatus, output: string): Promise<void> {
    const kept = this.#options.runners.updateTtl(id, { status, output });
    if (kept === undefined) throw new Refusal(`CheckID ${JSON.stringify(id)} does not have associated TTL`);
    await this.#options.persistence.saveTtlState({
      CheckID: id,
      Output: kept.result.output,
      Status: status,
      Expires: Math.floor((this.#options.clock.nowMs() + kept.ttlMs) / 1000),
    });
  }

  /** Takes a service out of work or back; 404 for an unknown one. A second time keeps the first reason. */
  async setServiceMaintenance(id: string, enable: boolean, reason: string, token: Secret): Promise<void> {
    const service = this.#options.state.service(id)?.service;
    if (service === undefined) throw new Refusal(`No service registered with ID ${JSON.stringify(id)}`, 404);
    await this.#setMaintenance(serviceMaintenanceId(id), enable, () =>
      this.#addCheck(maintenanceCheck(this.#options.nodeName, service, reason), { token, source: "local" }, KEPT),
    );
  }

  /** Takes the node out of work or back. A second time keeps the first reason. */
  async setNodeMaintenance(enable: boolean, reason: string, token: Secret): Promise<void> {
    await this.#setMaintenance(NODE_MAINTENANCE_ID, enable, () =>
      this.#addCheck(maintenanceCheck(this.#options.nodeName, undefined, reason), { token, source: "local" }, KEPT),
    );
  }

  async #setMaintenance(checkId: string, enable: boolean, add: () => Promise<void>): Promise<void> {
    const isOn = this.#options.state.check(checkId) !== undefined;
    if (enable && !isOn) await add();
    if (!enable && isOn) await this.#dropCheck(checkId);
  }

  /**
   * Starts from what the disk remembers. `registerFiles` registers what configuration files define; those win, and their
   * old twins on disk are removed. What TTL checks said before the start holds if its time isn't over.
   */
  async restore(registerFiles: () => Promise<void> = async () => undefined): Promise<void> {
    this.#saidBefore = await this.#options.persistence.loadTtlStates();
    await this.#deregistered.load();
    await registerFiles();
    await this.#restoreServices();
    await this.#restoreChecks();
    this.#saidBefore = new Map();
  }

  async #restoreServices(): Promise<void> {
    const { state, persistence } = this.#options;
    for (const local of await persistence.loadServices()) {
      const id = local.service.ID;
      const known = state.service(id);
      if (known?.source === "local") await persistence.removeService(id);
      // A call of the API may have come first; it knows better.
      else if (known === undefined) state.putService(local, false);
    }
  }

  async #restoreChecks(): Promise<void> {
    const { state, persistence, log, nodeName } = this.#options;
    for (const local of await persistence.loadChecks()) {
      const { CheckID: id, ServiceID: serviceId } = local.check;
      const isOrphan = serviceId !== "" && state.service(serviceId) === undefined;
      if (isOrphan) log.warn("Failed to restore check: its service is gone", { check: id, service: serviceId });
      if (isOrphan) await persistence.removeCheck(id);
      else if (state.check(id)?.source === "local") await persistence.removeCheckTwin(id);
      else if (state.check(id) === undefined)
        this.#place({ ...local, check: { ...local.check, Node: nodeName, Status: "critical", Output: "" } }, false);
    }
  }

  #sidecarDefinition(definition: ServiceDefinition, service: NodeService): ServiceDefinition | undefined {
    const sidecar = definition.Connect?.SidecarService;
    if (!sidecar) return undefined;
    const { state, sidecarPorts } = this.#options;
    const id = sidecarId(service.ID);
    const others = state.services().filter((local) => local.service.ID !== id);
    const taken = new Set(others.map((local) => local.service.Port));
    return sidecarOf(service, sidecar, sidecarPorts, taken, state.service(id)?.service.Port);
  }

  /** The state changes in one go; the promises are the writes to disk. */
  #addService(definition: ServiceDefinition, service: NodeService, how: Registering): Promise<void>[] {
    const { state, persistence, nodeName } = this.#options;
    const { origin, replaceChecks, isSidecar, isNew } = how;
    const local: LocalService = { service, token: origin.token, source: origin.source, isSidecar };
    const planned = buildServiceChecks(nodeName, service, checksOf(definition));
    const writes: Promise<void>[] = [];
    state.putService(local, isNew);
    if (origin.source === "local") writes.push(persistence.removeService(service.ID));
    else writes.push(persistence.saveService(local), this.#deregistered.forget("service", service.ID));
    if (replaceChecks) {
      const kept = new Set(planned.map((plan) => plan.check.CheckID));
      for (const { check } of state.checks()) {
        const isStale = check.ServiceID === service.ID && !kept.has(check.CheckID);
        if (isStale) writes.push(this.#dropCheck(check.CheckID));
      }
    }
    for (const plan of planned) {
      const standing = this.#standingOf("check", plan.check.CheckID, plan, origin);
      if (standing !== "dropped") writes.push(this.#addCheck(plan, origin, { isNew: isNew || standing === "new" }));
    }
    return writes;
  }

  async #addCheck(
    plan: PlannedCheck,
    origin: Origin,
    { isNew, isKept = origin.source === "remote" }: { isNew: boolean; isKept?: boolean },
  ): Promise<void> {
    const local: LocalCheck = { ...plan, token: origin.token, source: origin.source };
    const { persistence } = this.#options;
    const id = plan.check.CheckID;
    this.#place(local, isNew);
    const isRemote = origin.source === "remote";
    await Promise.all([
      isKept ? persistence.saveCheck(local) : persistence.removeCheckTwin(id),
      isRemote && this.#deregistered.forget("check", id),
    ]);
  }

  #place(local: LocalCheck, isNew: boolean): void {
    const { state, runners } = this.#options;
    const id = local.check.CheckID;
    const said = local.run.TTL > 0 ? this.#saidBefore.get(id) : undefined;
    const isFresh = said !== undefined && said.Expires * 1000 > this.#options.clock.nowMs();
    const check = isFresh ? { ...local.check, Status: said.Status, Output: said.Output } : local.check;
    state.putCheck({ ...local, check }, isNew);
    const { Status, Output } = state.check(id)?.check ?? local.check;
    runners.start(id, local.run, { status: Status as HealthStatus, output: Output });
  }

  #takeCheck(id: string): void {
    this.#options.runners.stop(id);
    this.#options.state.removeCheck(id);
  }

  async #dropCheck(id: string): Promise<void> {
    this.#takeCheck(id);
    await this.#options.persistence.removeCheck(id);
  }

  #vetScripts(run: CheckRun, source: Source): void {
    if ((run.ScriptArgs?.length ?? 0) === 0) return;
    if (source === "local" && !this.#options.scripts.local) {
      throw new Refusal(
        "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or 'enable_local_script_checks' to true",
      );
    }
    if (source === "remote" && !this.#options.scripts.remote) {
      throw new Refusal(
        "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true",
      );
    }
  }
}
