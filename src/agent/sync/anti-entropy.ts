/**
 * Makes the catalog say about this node what this node says: compares (`compare`) and writes what differs (`push`). The
 * agent is the authority, so what it doesn't have is removed from the catalog.
 */
import { Refusal } from "../../lib/refusal.ts";
import { NO_SECRET, type Secret } from "../../lib/secret.ts";
import type { HealthCheck } from "../../model/check.ts";
import type { CheckRun } from "../../model/definition-check.ts";
import { ServiceCheckDefinition } from "../../model/definition-check.ts";
import type { NodeService } from "../../model/service.ts";
import type { Logger } from "../../ports/logger.ts";
import type { CheckMark, LocalCheck, LocalService, LocalState, SyncMark } from "../local/state.ts";
import type { CatalogClient, NodeIdentity } from "./catalog-client.ts";
import { sameCheck, sameNode, sameService } from "./same.ts";

/** The leader writes these two itself. */
const SERF_CHECK_ID = "serfHealth";
const CONSUL_SERVICE_ID = "consul";

export interface AntiEntropyOptions {
  state: LocalState;
  catalog: CatalogClient;
  /** Asked at each use: addresses and metadata may change by a reload. */
  identity: () => NodeIdentity;
  /** The agent's own token, for the node's record and for what came without one. */
  agentToken: () => Secret;
  log: Logger;
}

const NO_RUN: CheckRun = ServiceCheckDefinition.parse({});

export class AntiEntropy {
  readonly #options: AntiEntropyOptions;
  constructor(options: AntiEntropyOptions) {
    this.#options = options;
  }

  /** Reads the catalog's view of this node and marks what differs. Rejects when the catalog can't be read. */
  async compare(): Promise<void> {
    const { state, catalog, identity, agentToken } = this.#options;
    const own = identity();
    const token = agentToken();
    const [remote, remoteChecks] = await Promise.all([
      catalog.nodeServices(own.name, token),
      catalog.nodeChecks(own.name, token),
    ]);
    state.nodeInSync = sameNode(remote.node, own);
    this.#compareServices(remote.services);
    this.#compareChecks(remoteChecks);
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
      }
    }
    for (const check of remote) {
      if (check.CheckID === SERF_CHECK_ID) continue;
      state.markForeignCheck({ check, run: NO_RUN, token: NO_SECRET, source: "remote" });
    }
  }

  /** Writes what isn't in sync: services with their checks, then other checks, then the node. Rejects at the first failure. */
  async push(): Promise<void> {
    const { state } = this.#options;
    for (const [id, mark] of pending(state.serviceMarks())) {
      await counted(mark, () => (mark.deleted ? this.#removeService(id, mark) : this.#writeService(id, mark)));
    }
    // Checks of a service that was just written are in sync by now.
    for (const [id, mark] of pending(state.checkMarks())) {
      await counted(mark, () => (mark.deleted ? this.#removeCheck(id, mark) : this.#writeCheck(id, mark)));
    }
    if (!state.nodeInSync) await this.#writeNode();
  }

  async #removeService(id: string, mark: SyncMark<LocalService>): Promise<void> {
    const { datacenter, name: node } = this.#options.identity();
    const token = this.#tokenOf(mark.value.token);
    const done = await this.#attempt(`Deregistered service`, { service: id }, () =>
      this.#options.catalog.deregister({ datacenter, node, serviceId: id, token }),
    );
    // Forbidden stays as it is until the next full comparison, or it would be tried without end.
    if (done) {
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
    const done = await this.#attempt(`Deregistered check`, { check: id }, () =>
      this.#options.catalog.deregister({ datacenter, node, checkId: id, token }),
    );
    if (done) this.#options.state.dropCheck(id);
    else mark.inSync = true;
  }

  async #writeService(id: string, mark: SyncMark<LocalService>): Promise<void> {
    const { state, catalog } = this.#options;
    const written = mark.value;
    const checks = [...state.checkMarks().values()].filter(
      (check) =>
        !check.deleted &&
        !check.inSync &&
        check.value.check.ServiceID === id &&
        check.value.token.reveal() === written.token.reveal(),
    );
    const values = checks.map((check) => check.value);
    const nodeWasInSync = state.nodeInSync;
    const done = await this.#attempt("Synced service", { service: id }, () =>
      catalog.register({
        node: this.#options.identity(),
        service: written.service,
        checks: values.map((value) => value.check),
        skipNodeUpdate: nodeWasInSync,
        token: this.#tokenOf(written.token),
      }),
    );
    settle(mark, written);
    for (const [at, check] of checks.entries()) settleCheck(check, values[at]);
    if (done) state.nodeInSync = true;
  }

  async #writeCheck(id: string, mark: CheckMark): Promise<void> {
    const { state, catalog } = this.#options;
    const written = mark.value;
    const service = state.service(written.check.ServiceID)?.service;
    const done = await this.#attempt("Synced check", { check: id }, () =>
      catalog.register({
        node: this.#options.identity(),
        ...(service === undefined ? {} : { service }),
        checks: [written.check],
        skipNodeUpdate: state.nodeInSync,
        token: this.#tokenOf(written.token),
      }),
    );
    settleCheck(mark, written);
    if (done) state.nodeInSync = true;
  }

  async #writeNode(): Promise<void> {
    const { state, catalog, identity, agentToken } = this.#options;
    await this.#attempt("Synced node info", {}, () =>
      catalog.register({ node: identity(), skipNodeUpdate: false, token: agentToken() }),
    );
    state.nodeInSync = true;
  }

  /** True when the catalog did it, false when access control forbids it (which counts as settled). */
  async #attempt(what: string, fields: Record<string, string>, call: () => Promise<void>): Promise<boolean> {
    try {
      await call();
      this.#options.log.info(what, fields);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 403) throw error;
      this.#options.log.warn(`${what}: blocked by ACLs`, fields);
      return false;
    }
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
}

/** In sync only if nobody changed it while the write was on its way. */
function settle<T>(mark: SyncMark<T>, written: T): void {
  if (mark.value === written && !mark.deleted) mark.inSync = true;
}

/** A write carried the newest output too, so a deferred one has nothing left to do. */
function settleCheck(mark: CheckMark, written: LocalCheck | undefined): void {
  if (written === undefined) return;
  settle(mark, written);
  if (!mark.inSync) return;
  mark.outputTimer?.cancel();
  mark.outputTimer = undefined;
}
