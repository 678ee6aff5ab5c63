import type { Message } from "../../../src/raft/core/messages.ts";
import type { CoreStatus, Effect, Event } from "../../../src/raft/core/types.ts";
import type { Entry } from "../../../src/raft/types.ts";
import type { Machine, Operation, Version } from "../world/machine.ts";
import type { Answer, Server } from "../world/server.ts";
import { checkConfiguration, checkRemoved, votersOf } from "./configurations.ts";
import { checkSending } from "./durability.ts";
import { Elections } from "./elections.ts";
import { History } from "./history.ts";
import { Logs } from "./logs.ts";
import { type Mark, Marks } from "./marks.ts";
import { Oracle } from "./oracle.ts";
import { must } from "./violation.ts";

/** Looks at everything that happens, and ends the run at the first thing that must not be. */
export class Checker {
  readonly #servers: ReadonlyMap<string, Server>;
  readonly #oracle = new Oracle();
  readonly #logs = new Logs();
  readonly #elections = new Elections(this.#oracle);
  readonly #history = new History();
  readonly #marks = new Marks();
  /** What was committed when a read was called, and the newest index that somebody had an answer of by then. */
  readonly #floors = new Map<string, { committed: number; answered: number }>();
  #answeredIndex = 0;

  constructor(servers: ReadonlyMap<string, Server>) {
    this.#servers = servers;
  }

  get marks(): Marks {
    return this.#marks;
  }

  mark(mark: Mark): void {
    this.#marks.hit(mark);
  }

  get committedIndex(): number {
    return this.#oracle.length;
  }

  get committedConfigurationIndex(): number {
    return this.#oracle.configurationIndex;
  }

  starting({ id, disk }: Server, machine: Machine, finished: readonly string[]): void {
    for (const part of finished)
      this.mark(part === "log" ? "install finished by a start: log" : "install finished by a start: state");
    must(
      machine.appliedIndex <= disk.log.lastIndex,
      "durable before said",
      () => `${id} has applied ${machine.appliedIndex}, its disk ends at ${disk.log.lastIndex}`,
    );
    must(
      disk.log.baseIndex <= machine.appliedIndex,
      "durable before said",
      () => `${id} has applied ${machine.appliedIndex}, its log begins after ${disk.log.baseIndex}`,
    );
    this.#isState(id, machine);
  }

  started({ id, status }: Server): void {
    must(
      status.commitIndex <= this.#oracle.length,
      "one command an index",
      () => `${id} starts with a commit of ${status.commitIndex}, ${this.#oracle.length} are committed`,
    );
  }

  stopped(server: Server, { lostCalls }: { lostCalls: number }): void {
    this.#marks.stopped(server, lostCalls);
  }

  appending(server: Server, entries: readonly Entry[], truncateFrom: number | undefined, before: CoreStatus): void {
    this.#logs.appending(server, entries, truncateFrom, before);
    this.#marks.appending(server, truncateFrom);
  }

  dropped({ status }: Server, fromIndex: number): void {
    this.#logs.dropped(fromIndex, status.term);
  }

  sending(server: Server, message: Message): void {
    checkSending(server, message, this.#elections, this.#logs);
  }

  cached(server: Server, from: number, to: number, entries: readonly Entry[]): void {
    this.#logs.cached(server, from, to, entries);
  }

  /** After a step, before its effects are carried out. */
  stepped(server: Server, event: Event, effects: readonly Effect[], before: CoreStatus): void {
    const { id, status, disk, view } = server;
    must(
      status.term >= before.term,
      "nothing goes back",
      () => `${id} goes from term ${before.term} to ${status.term}`,
    );
    must(
      status.commitIndex >= before.commitIndex,
      "nothing goes back",
      () => `${id} goes from a commit of ${before.commitIndex} to ${status.commitIndex}`,
    );
    const { durableIndex } = status;
    // While a snapshot is being installed the disk is ahead of the core.
    const isDurable =
      server.applier.isHeld ||
      (durableIndex <= disk.log.lastIndex &&
        (durableIndex < disk.log.baseIndex ||
          durableIndex < view.baseIndex ||
          disk.log.termAt(durableIndex) === view.termAt(durableIndex)));
    must(
      isDurable,
      "durable before said",
      () =>
        `${id} takes ${durableIndex}.t${view.termAt(durableIndex)} for durable, its disk has ${disk.log.lastIndex}.t${disk.log.lastTerm}`,
    );
    must(
      status.commitIndex <= durableIndex && status.lastIndex === view.lastIndex,
      "durable before said",
      () =>
        `${id} has committed ${status.commitIndex}, durable ${durableIndex}, last ${status.lastIndex} of ${view.lastIndex}`,
    );
    this.#elections.stepped(server, before, [...this.#servers.values()]);
    checkConfiguration(server, before);
    if (status.commitIndex > before.commitIndex) {
      this.#committed(server, before);
      checkRemoved(server);
    }
    this.#marks.stepped(server, event, effects, before);
  }

  #committed(server: Server, before: CoreStatus): void {
    const { id, view, status } = server;
    const inTerm = this.#committingTerm(server, before);
    const known = this.#oracle.length;
    for (let index = Math.max(before.commitIndex, view.baseIndex) + 1; index <= status.commitIndex; index++) {
      const entry = view.at(index);
      const committed = this.#oracle.at(index)?.entry;
      if (committed !== undefined) {
        must(
          entry?.term === committed.term && entry.data === committed.data,
          "one command an index",
          () =>
            `${id} commits ${entry?.term} "${entry?.data}" at ${index}, where ${committed.term} "${committed.data}" is committed`,
        );
      } else {
        must(
          entry !== undefined && inTerm !== undefined,
          "one command an index",
          () => `${id} commits ${index}, which no leader has committed`,
        );
        if (entry !== undefined && inTerm !== undefined) this.#oracle.commit(entry, inTerm);
      }
    }
    must(
      status.commitIndex <= this.#oracle.length,
      "one command an index",
      () => `${id} commits ${status.commitIndex} of ${this.#oracle.length}`,
    );
    if (this.#oracle.length > known) this.#isOnQuorum(server);
  }

  /** The term that this server leads; or that it led, if only its own disk was late to have what it had committed. */
  #committingTerm({ id, view, status }: Server, before: CoreStatus): number | undefined {
    if (before.role === "leader") return before.term;
    if (status.role === "leader") return status.term;
    const term = view.termAt(status.commitIndex);
    return term !== undefined && this.#elections.leaderOf(term) === id ? term : undefined;
  }

  /** Whatever crashes now, a majority has it on its disks. */
  #isOnQuorum({ id, status, view }: Server): void {
    const { commitIndex: index } = status;
    const term = view.termAt(index);
    const voters = [...votersOf(status.configuration.configuration)];
    const having = voters.filter((voter) => {
      const log = this.#servers.get(voter)?.disk.log;
      return log !== undefined && (index < log.baseIndex || log.termAt(index) === term);
    });
    must(
      having.length > voters.length / 2,
      "committed is durable on a quorum",
      () => `${id} commits ${index}, which is on the disks of ${having.join(", ") || "nobody"} of ${voters.join(", ")}`,
    );
  }

  applied({ id }: Server, { index, data, term }: Entry, machine: Machine, isChanged: boolean): void {
    const committed = this.#oracle.at(index);
    must(
      committed?.entry.data === data && committed.entry.term === term,
      "one command an index",
      () =>
        `${id} applies ${term} "${data}" at ${index}, where ${committed?.entry.term} "${committed?.entry.data}" is committed`,
    );
    must(
      committed?.isChanged === isChanged,
      "equal states at equal indexes",
      () => `${id} has another result at ${index}`,
    );
    this.#isState(id, machine);
  }

  installed({ id }: Server, machine: Machine): void {
    this.#isState(id, machine);
  }

  #isState(id: string, { appliedIndex, hash }: Machine): void {
    if (appliedIndex === 0) return;
    must(
      this.#oracle.at(appliedIndex)?.hash === hash,
      "equal states at equal indexes",
      () => `${id} has another state at ${appliedIndex} than others`,
    );
  }

  called(client: string, operation: Operation): void {
    if (operation.kind === "get") {
      this.#floors.set(operation.id, { committed: this.#oracle.length, answered: this.#answeredIndex });
    }
    this.#history.called(client, operation);
  }

  answered(operation: Operation, answer: Answer): void {
    this.#floors.delete(operation.id);
    if (answer.outcome === "ok" && operation.mode !== "stale") {
      this.#answeredIndex = Math.max(this.#answeredIndex, answer.index);
    }
    this.#history.answered(operation, answer);
  }

  /** A read gets an index: not before anything that was committed when it was called. */
  readReady({ id, status }: Server, { id: operation, mode }: Operation, index: number): void {
    const floor = this.#floors.get(operation)?.committed;
    if (floor === undefined) return;
    must(
      index >= floor,
      "no stale read",
      () =>
        `${operation} (${mode}) may be answered by ${id} as of ${index}, but ${floor} was committed before it was called`,
    );
    this.#marks.readReady(status, mode);
  }

  /** A read is answered from a leader's own state, without a question to its core but for the lease. */
  readUnderLease({ id }: Server, { id: operation }: Operation, index: number): void {
    const floor = this.#floors.get(operation)?.answered;
    if (floor === undefined) return;
    must(
      index >= floor,
      "no stale read",
      () => `${operation} is answered by ${id} as of ${index}, but somebody was answered as of ${floor} before`,
    );
    this.mark("read from a leader's state at once");
  }

  /** The state that is read is the one of that index, whatever the mode. */
  readAnswered({ key }: Operation, index: number, version: Version | undefined): void {
    const expected = this.#oracle.versionAt(key, index);
    must(
      expected?.index === version?.index && expected?.value === version?.value,
      "answers are true",
      () => `${key} is ${version?.value} as of ${index}, should be ${expected?.value}`,
    );
  }

  /** A write is answered: it has the index and the result that it is answered with. */
  written({ id }: Operation, entry: Entry, isChanged: boolean): void {
    const index = this.#oracle.indexOf(id);
    must(
      index === entry.index && this.#oracle.at(index)?.isChanged === isChanged,
      "answers are true",
      () => `${id} is answered as ${entry.index}, but is committed at ${index}`,
    );
  }

  /** Somebody is promised that an operation has no effect. */
  refused(operationId: string): void {
    this.#oracle.refuse(operationId);
  }

  /** At the end of a run. */
  finish(): void {
    this.#history.check();
  }
}
