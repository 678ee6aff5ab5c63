/**
 * Makes the catalog say about this node what this node says: compares (`compare`) and writes what differs (`push`). The
 * agent is the authority, so what it doesn't have is removed from the catalog.
 */
import { Refusal } from "../../lib/refusal.ts";
import { NO_SECRET, type Secret } from "../../lib/secret.ts";
import type { HealthCheck } from "../../model/check.ts";
import type { CheckRun } from "../../model/definition-check.ts";
import { ServiceCheckDefinition } from "../../model/definition-check.ts";
import {
  DEREGISTERED_STATUS,
  type Deregistered,
  type DeregisteredItem,
  idOfDeregistered,
} from "../../model/deregistered.ts";
import type { NodeService } from "../../model/service.ts";
import type { Logger } from "../../ports/logger.ts";
import type { CheckMark, LocalCheck, LocalService, LocalState, SyncMark } from "../local/state.ts";
import type { CatalogClient, NodeIdentity } from "./catalog-client.ts";
import { verdictOn } from "./heed.ts";
import { sameCheck, sameNode, sameService } from "./same.ts";

/** The leader writes these two itself. */
const SERF_CHECK_ID = "serfHealth";
const CONSUL_SERVICE_ID = "consul";

/** Writes under way at a time: servers make one entry of their log of those that come together. */
const WRITES_MAX = 32;
/** In one call. */
const FORGET_ITEMS_MAX = 512;

export interface AntiEntropyOptions {
  state: LocalState;
  catalog: CatalogClient;
  /** Asked at each use: addresses and metadata may change by a reload. */
  identity: () => NodeIdentity;
  /** The agent's own token, for the node's record and for what came without one. */
  agentToken: () => Secret;
  /** Removes what was deregistered on purpose, so that neither a restart nor a file brings it back. */
  drop: (kind: DeregisteredItem["Kind"], id: string) => Promise<void>;
  log: Logger;
}

/** What the catalog made of a write: `forbidden` by access control, or `deregistered` on purpose before. */
type Outcome = "done" | "forbidden" | "deregistered";

const NO_RUN: CheckRun = ServiceCheckDefinition.parse({});

export class AntiEntropy {
  readonly #options: AntiEntropyOptions;
  /** A write met what was deregistered on purpose: what else was is not known. */
  #wantsCompare = false;
  /** What was compared was another node's, as after the restore of a snapshot; with its name it takes over none of that. */
  #wasNameTaken = false;
  constructor(options: AntiEntropyOptions) {
    this.#options = options;
  }

  /** Reads the catalog's view of this node and marks what differs. Rejects when the catalog can't be read. */
  async compare(): Promise<void> {
    const { state, catalog, identity, agentToken } = this.#options;
    const own = identity();
    const view = await catalog.nodeView(own, agentToken());
    state.nodeInSync = sameNode(view.node, own);
    await this.#heed(view.deregistered);
    this.#compareServices(view.services);
    this.#compareChecks(view.checks);
  }

  /** Drops what was deregistered on purpose, unless it is new; then the catalog need not say it again. */
  async #heed(messages: readonly Deregistered[]): Promise<void> {
    if (messages.length === 0) return;
    const { state, catalog, identity, agentToken, drop, log } = this.#options;
    const items = [];
    for (const message of messages) {
      const id = idOfDeregistered(message);
      const verdict = verdictOn(message, state);
      if (verdict === "drop") await drop(message.Kind, id);
      const mark = message.Kind === "service" ? state.serviceMarks().get(id) : state.checkMarks().get(id);
      if (verdict !== "new") items.push({ kind: message.Kind, id, index: message.Index });
      else if (mark !== undefined) mark.isNew = true;
    }
    try {
      for (let at = 0; at < items.length; at += FORGET_ITEMS_MAX) {
        const some = items.slice(at, at + FORGET_ITEMS_MAX);
        await catalog.forgetDeregistered({ nodeId: identity().id, items: some, token: agentToken() });
      }
    } catch (error) {
      log.debug("will say again what was dropped", { error: String(error) });
    }
  }

  #compareServices(remote: readonly NodeService[]): void {
    const { state } = this.#options;
    const byId = new Map(remote.map((service) => [service.ID, service]));
    for (const [id, mark] of state.serviceMarks()) {
      const there = byId.get(id);
      if (there === undefined) {
        if (mark.deleted) state.dropService(id);
        else mark.inSync = false;
        continue;
      }
      if (mark.deleted) mark.inSync = false;
      else compareService(mark, there);
    }
    for (const service of remote) {
      if (service.ID === CONSUL_SERVICE_ID) continue;
      state.markForeignService({ service, token: NO_SECRET, source: "remote", isSidecar: false });
    }
  }

  #compareChecks(remote: readonly HealthCheck[]): void {
    const { state } = this.#options;
    const byId = new Map(remote.map((check) => [check.CheckID, check]));
    for (const [id, mark] of state.checkMarks()) {
      const there = byId.get(id);
      if (there === undefined) {
        if (mark.deleted) state.dropCheck(id);
        else mark.inSync = false;
        continue;
      }
      if (mark.deleted) mark.inSync = false;
      else {
        // A deferred output has its own timer; without one a difference is a damage to repair.
        const own = mark.value.check;
        const compared = mark.outputTimer === undefined ? own : { ...own, Output: there.Output };
        mark.inSync = sameCheck(compared, there);
        if (mark.inSync) mark.isNew = false;
      }
    }
    for (const check of remote) {
      if (check.CheckID === SERF_CHECK_ID) continue;
      state.markForeignCheck({ check, run: NO_RUN, token: NO_SECRET, source: "remote" });
    }
  }

  /**
   * Writes what isn't in sync: services with their checks, then other checks, then the node. Rejects at the first failure;
   * true when everything should be compared.
   */
  async push(): Promise<boolean> {
    const { state } = this.#options;
    this.#wantsCompare = false;
    const services = pending(state.serviceMarks());
    const checks = pendingChecks(state.checkMarks());
    const writeService = ([id, mark]: [string, SyncMark<LocalService>]) =>
      counted(mark, () => (mark.deleted ? this.#removeService(id, mark) : this.#writeService(id, mark, checks)));
    // The first one makes the node, if it isn't there.
    if (!state.nodeInSync) for (const first of services.splice(0, 1)) await writeService(first);
    await atOnce(services, WRITES_MAX, writeService);
    // Checks of a service that was just written are in sync by now.
    await atOnce(pending(state.checkMarks()), WRITES_MAX, ([id, mark]) =>
      counted(mark, () => (mark.deleted ? this.#removeCheck(id, mark) : this.#writeCheck(id, mark))),
    );
    if (!state.nodeInSync) await this.#writeNode();
    const wantsCompare = this.#wantsCompare || this.#wasNameTaken;
    this.#wasNameTaken = false;
    return wantsCompare;
  }

  async #removeService(id: string, mark: SyncMark<LocalService>): Promise<void> {
    const { datacenter, name: node } = this.#options.identity();
    const token = this.#tokenOf(mark.value.token);
    const outcome = await this.#attempt(`Deregistered service`, { service: id }, () =>
      this.#options.catalog.deregister({ datacenter, node, serviceId: id, token }),
    );
    // Forbidden stays as it is until the next full comparison, or it would be tried without end.
    if (outcome === "done") {
      this.#options.state.dropService(id);
      // The catalog removes a service's checks with it.
      for (const [checkId, check] of [...this.#options.state.checkMarks()]) {
        if (check.deleted && check.value.check.ServiceID === id) this.#options.state.dropCheck(checkId);
      }
    } else mark.inSync = true;
  }

  async #removeCheck(id: string, mark: SyncMark<LocalCheck>): Promise<void> {
    const { datacenter, name: node } = this.#options.identity();
    const token = this.#tokenOf(mark.value.token);
    const outcome = await this.#attempt(`Deregistered check`, { check: id }, () =>
      this.#options.catalog.deregister({ datacenter, node, checkId: id, token }),
    );
    if (outcome === "done") this.#options.state.dropCheck(id);
    else mark.inSync = true;
  }

  async #writeService(
    id: string,
    mark: SyncMark<LocalService>,
    pendingOf: ReadonlyMap<string, readonly CheckMark[]>,
  ): Promise<void> {
    const { state, catalog } = this.#options;
    const written = mark.value;
    const checks = (pendingOf.get(id) ?? []).filter(
      (check) => !check.deleted && !check.inSync && check.value.token.reveal() === written.token.reveal(),
    );
    const values = checks.map((check) => check.value);
    const outcome = await this.#attempt("Synced service", { service: id }, () =>
      catalog.register({
        node: this.#options.identity(),
        service: written.service,
        checks: values.map((value) => value.check),
        skipNodeUpdate: state.nodeInSync,
        isNew: { service: mark.isNew, checks: newOnes(checks) },
        token: this.#tokenOf(written.token),
      }),
    );
    settle(mark, written, outcome);
    for (const [at, check] of checks.entries()) settleCheck(check, values[at], outcome);
    if (outcome === "done") state.nodeInSync = true;
  }

  async #writeCheck(id: string, mark: CheckMark): Promise<void> {
    const { state, catalog } = this.#options;
    const written = mark.value;
    const service = state.serviceMarks().get(written.check.ServiceID);
    const owner = service?.deleted ? undefined : service;
    const outcome = await this.#attempt("Synced check", { check: id }, () =>
      catalog.register({
        node: this.#options.identity(),
        ...(owner === undefined ? {} : { service: owner.value.service }),
        checks: [written.check],
        skipNodeUpdate: state.nodeInSync,
        isNew: { service: owner?.isNew ?? false, checks: newOnes([mark]) },
        token: this.#tokenOf(written.token),
      }),
    );
    settleCheck(mark, written, outcome);
    if (outcome === "done") state.nodeInSync = true;
  }

  async #writeNode(): Promise<void> {
    const { state, catalog, identity, agentToken } = this.#options;
    const isNew = { service: false, checks: [] };
    await this.#attempt("Synced node info", {}, () =>
      catalog.register({ node: identity(), skipNodeUpdate: false, isNew, token: agentToken() }),
    );
    state.nodeInSync = true;
  }

  async #attempt(what: string, fields: Record<string, string>, call: () => Promise<void>): Promise<Outcome> {
    try {
      await call();
      this.#options.log.info(what, fields);
      return "done";
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 403) {
        this.#options.log.warn(`${what}: blocked by ACLs`, fields);
        return "forbidden";
      }
      if (error.status !== DEREGISTERED_STATUS) throw this.#explained(error);
      this.#wantsCompare = true;
      return "deregistered";
    }
  }

  /** A name that another agent has is the operator's to give. */
  #explained(error: Refusal): Refusal {
    if (!error.message.includes(" is reserved by node ")) return error;
    this.#wasNameTaken = true;
    const { name, id, address } = this.#options.identity();
    const text = `${error.message}, which is alive; this agent, ${id} (${address}), needs another node_name, or stop the \
other one and run \`muster force-leave ${name}\``;
    return new Refusal(text, error.status, error.outcome);
  }

  #tokenOf(token: Secret): Secret {
    return token.isEmpty ? this.#options.agentToken() : token;
  }
}

function pending<T, Mark extends SyncMark<T>>(marks: ReadonlyMap<string, Mark>): [string, Mark][] {
  return [...marks].filter(([, mark]) => !mark.inSync).sort(([, a], [, b]) => a.failures - b.failures);
}

async function counted(mark: { inSync: boolean; failures: number }, write: () => Promise<void>): Promise<void> {
  // An earlier write of this round may have carried it.
  if (mark.inSync) return;
  mark.failures++;
  await write();
  mark.failures = 0;
}

/** With EnableTagOverride the tags belong to whoever writes the catalog, and come from there. */
function compareService(mark: SyncMark<LocalService>, there: NodeService): void {
  const { service } = mark.value;
  if (service.EnableTagOverride) mark.value = { ...mark.value, service: { ...service, Tags: there.Tags } };
  mark.inSync = sameService(mark.value.service, there);
  if (mark.inSync) mark.isNew = false;
}

/** Settled only if nobody changed it while the write was on its way. */
function settle<T>(mark: SyncMark<T>, written: T, outcome: Outcome): void {
  // A status that changed meanwhile makes no new registration; that would be another mark.
  if (outcome === "done") mark.isNew = false;
  if (mark.value === written && !mark.deleted) mark.inSync = true;
}

/** A write carried the newest output too, so a deferred one has nothing left to do. */
function settleCheck(mark: CheckMark, written: LocalCheck | undefined, outcome: Outcome): void {
  if (written === undefined) return;
  settle(mark, written, outcome);
  if (!mark.inSync) return;
  mark.outputTimer?.cancel();
  mark.outputTimer = undefined;
}

/** Checks to be written, by the service that they belong to. */
function pendingChecks(marks: ReadonlyMap<string, CheckMark>): Map<string, CheckMark[]> {
  const byService = new Map<string, CheckMark[]>();
  for (const mark of marks.values()) {
    if (mark.inSync || mark.deleted) continue;
    const { ServiceID } = mark.value.check;
    const known = byService.get(ServiceID);
    if (known === undefined) byService.set(ServiceID, [mark]);
    else known.push(mark);
  }
  return byService;
}

const newOnes = (checks: readonly CheckMark[]) =>
  checks.filter(({ isNew }) => isNew).map(({ value }) => value.check.CheckID);

/** Runs `work` on the items in their order, `max` at a time; after a failure no more begin, and it rejects with the first. */
async function atOnce<T>(items: readonly T[], max: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  let failure: { error: unknown } | undefined;
  const worker = async () => {
    for (const item of rest) {
      await work(item).catch((error: unknown) => {
        failure ??= { error };
      });
      if (failure !== undefined) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(max, items.length) }, worker));
  if (failure !== undefined) throw failure.error;
}
