import type { Secret } from "../../lib/secret.ts";
import type { HealthCheck } from "../../model/check.ts";
import type { CheckRun } from "../../model/definition-check.ts";
import type { NodeService } from "../../model/service.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";

/** Who said so: a call of the API (kept on disk) or a configuration file (read again at every start). */
export type Source = "remote" | "local";

/** A service of this node. Values are replaced, never changed in place, so readers may keep them. */
export interface LocalService {
  /** With what config entries add to its proxy; its file has what was registered. */
  readonly service: NodeService;
  readonly token: Secret;
  readonly source: Source;
  /** Made by its parent's definition; goes with it. */
  readonly isSidecar: boolean;
}

/** A check of this node. */
export interface LocalCheck {
  readonly check: HealthCheck;
  readonly run: CheckRun;
  readonly token: Secret;
  readonly source: Source;
}

/** What the synchroniser knows of one service or check. */
export interface SyncMark<T> {
  value: T;
  inSync: boolean;
  /**
   * Somebody has registered it here, and the catalog has not heard of it yet: that counts even if it was deregistered on
   * purpose before.
   */
  isNew: boolean;
  /** Gone here, still to be removed from the catalog. */
  deleted: boolean;
  /** Writes in a row that failed; those with fewer go first, so that one that always fails can't hold up the others. */
  failures: number;
}

/** As `SyncMark`; `outputTimer` runs while a changed output waits to be written. */
export interface CheckMark extends SyncMark<LocalCheck> {
  criticalSinceMs: number | undefined;
  outputTimer: Timer | undefined;
}

export interface LocalStateOptions {
  clock: Clock;
  random: Random;
  /** How long a changed output alone may stay unwritten; 0 writes at once. */
  checkUpdateIntervalMs: number;
  discardCheckOutput: boolean;
}

/** Said after a change; `sync` when the catalog should hear of it now. */
export type ChangeListener = (change: { sync: boolean; serviceId: string }) => void;

/** What this node has: the authority for its part of the catalog. Only memory; see `persist.ts` for the disk. */
export class LocalState {
  #options: LocalStateOptions;
  readonly #services = new Map<string, SyncMark<LocalService>>();
  readonly #checks = new Map<string, CheckMark>();
  readonly #listeners = new Set<ChangeListener>();
  /** False until the node's own record (id, addresses, metadata) in the catalog is right. */
  nodeInSync = false;

  constructor(options: LocalStateOptions) {
    this.#options = options;
  }

  /** Takes the reloadable settings. */
  configure(settings: Pick<LocalStateOptions, "checkUpdateIntervalMs" | "discardCheckOutput">): void {
    this.#options = { ...this.#options, ...settings };
  }

  /** Calls `listener` after each change until the returned function is called. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  services(): LocalService[] {
    return [...this.#services.values()].filter((mark) => !mark.deleted).map((mark) => mark.value);
  }

  checks(): LocalCheck[] {
    return [...this.#checks.values()].filter((mark) => !mark.deleted).map((mark) => mark.value);
  }

  service(id: string): LocalService | undefined {
    const mark = this.#services.get(id);
    return mark?.deleted ? undefined : mark?.value;
  }

  check(id: string): LocalCheck | undefined {
    const mark = this.#checks.get(id);
    return mark?.deleted ? undefined : mark?.value;
  }

  /** Adds or replaces a service; `isNew` when somebody wants it now, not when the node says what it had. */
  putService(value: LocalService, isNew: boolean): void {
    const before = this.#services.get(value.service.ID);
    const wasNew = before !== undefined && !before.deleted && before.isNew;
    this.#services.set(value.service.ID, {
      ...{ value, isNew: isNew || wasNew },
      ...{ inSync: false, deleted: false, failures: 0 },
    });
    this.#changed(value.service.ID, true);
  }

  /** Puts what config entries make of a service's proxy in its place; nobody registered anything. */
  setProxy(id: string, proxy: NodeService["Proxy"]): void {
    const mark = this.#services.get(id);
    if (mark === undefined || mark.deleted) return;
    mark.value = { ...mark.value, service: { ...mark.value.service, Proxy: proxy } };
    mark.inSync = false;
    this.#changed(id, true);
  }

  /** As `putService`; a check that is already known keeps its status and output, so that nothing flaps. */
  putCheck(value: LocalCheck, isNew: boolean): void {
    const id = value.check.CheckID;
    const before = this.#checks.get(id);
    before?.outputTimer?.cancel();
    const kept = before !== undefined && !before.deleted ? before : undefined;
    const check = kept
      ? { ...value.check, Status: kept.value.check.Status, Output: kept.value.check.Output }
      : { ...value.check, Output: this.#options.discardCheckOutput ? "" : value.check.Output };
    this.#checks.set(id, {
      value: { ...value, check },
      isNew: isNew || (kept?.isNew ?? false),
      inSync: false,
      deleted: false,
      failures: 0,
      criticalSinceMs: check.Status === "critical" ? (kept?.criticalSinceMs ?? this.#now()) : undefined,
      outputTimer: undefined,
    });
    this.#changed(check.ServiceID, true);
  }

  /** Forgets a service; false when it isn't known. Its checks are the caller's business. */
  removeService(id: string): boolean {
    const mark = this.#services.get(id);
    if (mark === undefined || mark.deleted) return false;
    mark.deleted = true;
    mark.inSync = false;
    this.#changed(id, true);
    return true;
  }

  /** Forgets a check; false when it isn't known. */
  removeCheck(id: string): boolean {
    const mark = this.#checks.get(id);
    if (mark === undefined || mark.deleted) return false;
    mark.outputTimer?.cancel();
    mark.outputTimer = undefined;
    mark.deleted = true;
    mark.inSync = false;
    this.#changed(mark.value.check.ServiceID, true);
    return true;
  }

  /**
   * Takes a check's new result. A new status goes to the catalog at once; a new output alone waits for half to one and a
   * half check-update intervals, because chatty checks would otherwise write all day.
   */
  updateCheck(id: string, status: string, output: string): void {
    const mark = this.#checks.get(id);
    if (mark === undefined || mark.deleted) return;
    const { checkUpdateIntervalMs, discardCheckOutput } = this.#options;
    if (discardCheckOutput) output = "";
    const before = mark.value.check;
    if (status !== "critical") mark.criticalSinceMs = undefined;
    else mark.criticalSinceMs ??= this.#now();
    if (before.Status === status && before.Output === output) return;
    mark.value = { ...mark.value, check: { ...before, Status: status, Output: output } };
    const sync = before.Status !== status || checkUpdateIntervalMs <= 0;
    if (sync) mark.inSync = false;
    else mark.outputTimer ??= this.#deferOutput(mark, checkUpdateIntervalMs);
    this.#changed(before.ServiceID, sync);
  }

  #deferOutput(mark: CheckMark, intervalMs: number): Timer {
    const delayMs = intervalMs / 2 + this.#options.random.float() * intervalMs;
    return this.#options.clock.after(delayMs, () => {
      mark.outputTimer = undefined;
      if (mark.deleted) return;
      mark.inSync = false;
      this.#changed(mark.value.check.ServiceID, true);
    });
  }

  /** How long a check has been critical, in milliseconds; undefined when it isn't. */
  criticalForMs(id: string): number | undefined {
    const since = this.#checks.get(id)?.criticalSinceMs;
    return since === undefined ? undefined : this.#now() - since;
  }

  /** The synchroniser's view, deleted ones too. */
  serviceMarks(): ReadonlyMap<string, SyncMark<LocalService>> {
    return this.#services;
  }

  checkMarks(): ReadonlyMap<string, CheckMark> {
    return this.#checks;
  }

  /** Remembers to remove from the catalog what this node doesn't have. */
  markForeignService(value: LocalService): void {
    if (!this.#services.has(value.service.ID)) {
      this.#services.set(value.service.ID, { value, isNew: false, inSync: false, deleted: true, failures: 0 });
    }
  }

  markForeignCheck(value: LocalCheck): void {
    const id = value.check.CheckID;
    if (this.#checks.has(id)) return;
    const fresh = { criticalSinceMs: undefined, outputTimer: undefined };
    this.#checks.set(id, { value, isNew: false, inSync: false, deleted: true, failures: 0, ...fresh });
  }

  /** The catalog has removed it: forgets it for good, unless it came back meanwhile. */
  dropService(id: string): void {
    if (this.#services.get(id)?.deleted) this.#services.delete(id);
  }

  dropCheck(id: string): void {
    if (this.#checks.get(id)?.deleted) this.#checks.delete(id);
  }

  /** Stops the timers. */
  close(): void {
    for (const mark of this.#checks.values()) mark.outputTimer?.cancel();
    this.#listeners.clear();
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }

  #changed(serviceId: string, sync: boolean): void {
    for (const listener of this.#listeners) listener({ sync, serviceId });
  }
}
