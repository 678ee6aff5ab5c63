import type { Clock, Timer } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Configuration } from "../../raft/configuration.ts";
import type { Peers } from "../../rpc/types.ts";
import { type Applicant, answerConsent, type Consent, type ConsentAnswer, stillWants } from "./consent.ts";
import { decideJoin, type JoinStep } from "./decide.ts";

/** How often a server without a cluster looks again; a changed peer wakes it at once. */
const LOOK_INTERVAL_MS = 250;
const CALL_TIMEOUT_MS = 5000;
/** After giving way, the other initiator gets this long before an own attempt. */
const YIELD_MS = 3000;
/** The same reason to wait is logged again after this. */
const REPEAT_LOG_MS = 30_000;

export const CONSENT_METHOD = "join.consent";
export const WANTS_METHOD = "join.wants";

/** What must survive a restart; each write resolves once it is durable. */
export interface JoinRecord {
  clusterId(): string;
  consent(): Consent | undefined;
  setClusterId(clusterId: string): Promise<void>;
  setConsent(consent: Consent | undefined): Promise<void>;
}

export interface JoinerDeps {
  peers: Pick<Peers, "list" | "call" | "hello" | "know">;
  self: { nodeId: string; address: string; expect: number; mayVote: boolean };
  record: JoinRecord;
  isLogEmpty: () => boolean;
  /** Makes the empty log's first configuration. */
  bootstrap: (configuration: Configuration) => Promise<void>;
  /** This server belongs to a cluster from now on. */
  onCluster: (clusterId: string) => void;
  clock: Clock;
  uuid: () => string;
  log: Logger;
}

/**
 * Brings a server without a cluster into one: an existing one that it meets, or a new one that as many servers as
 * `bootstrap_expect` says agree to. One step at a time; a crash between any two is taken up by the next start.
 */
export class Joiner {
  readonly #deps: JoinerDeps;
  readonly #granted = new Set<string>();
  #askingSinceMs: number;
  #yieldUntilMs = Number.NEGATIVE_INFINITY;
  /** Steps and answers run one after the other: each sees what the one before made durable. */
  #turn: Promise<unknown> = Promise.resolve();
  #timer: Timer | undefined;
  #isOver = false;
  /** Servers whose answer is on its way. */
  readonly #asked = new Set<string>();
  #told: { why: string; atMs: number } | undefined;

  constructor(deps: JoinerDeps) {
    this.#deps = deps;
    this.#askingSinceMs = deps.clock.monotonicMs();
  }

  /** Begins; resolves after the first step, by which a server that bootstraps alone has done it. */
  start(): Promise<void> {
    return this.#look();
  }

  /** Resolves when the step under way is done. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#timer?.cancel();
    await this.#turn;
  }

  /** Another server asks for this one's consent, or whether its own promise still binds. */
  answerConsent(wanted: Consent): Promise<ConsentAnswer> {
    return this.#inTurn(async () => {
      const own = this.#applicant();
      const answer = answerConsent(own, wanted);
      if (answer.granted && own.clusterId === "" && own.consent?.clusterId !== wanted.clusterId) {
        await this.#deps.record.setConsent(wanted);
        this.#deps.log.info("agreed to a new cluster", { cluster: wanted.clusterId, initiator: wanted.initiator });
      }
      return answer;
    });
  }

  answerWants(clusterId: string): Promise<boolean> {
    return this.#inTurn(() => Promise.resolve(stillWants(this.#applicant(), clusterId)));
  }

  async #look(): Promise<void> {
    try {
      const isDone = await this.#inTurn(() => this.#step());
      this.#isOver ||= isDone;
    } catch (error) {
      this.#deps.log.warn("could not take a step towards a cluster, will try again", { error: String(error) });
    }
    this.#arm(LOOK_INTERVAL_MS);
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    if (!this.#isOver) this.#timer = this.#deps.clock.after(delayMs, () => void this.#look());
  }

  /** True when there is nothing left to do. */
  async #step(): Promise<boolean> {
    const { record, log } = this.#deps;
    const step = this.#decide();
    const consent = record.consent();
    switch (step.kind) {
      case "done":
        if (consent !== undefined) await record.setConsent(undefined);
        return true;
      case "adopt":
        log.info("joins a cluster", { cluster: step.clusterId });
        await this.#belong(step.clusterId);
        break;
      case "initiate":
        await this.#initiate(step.configuration);
        break;
      case "ask":
        if (consent !== undefined) this.#ask(consent, step.servers);
        break;
      case "bootstrap":
        if (consent !== undefined) await this.#bootstrap(consent);
        break;
      case "abandon":
        log.warn("gives up a new cluster: one of its servers is gone", { cluster: consent?.clusterId });
        await record.setConsent(undefined);
        break;
      case "verify":
        if (consent !== undefined) this.#verify(consent);
        break;
      case "wait":
        this.#tell(step.why);
    }
    return this.#decide().kind === "done" && record.consent() === undefined;
  }

  #decide(): JoinStep {
    const { peers, self, clock, isLogEmpty } = this.#deps;
    const nowMs = clock.monotonicMs();
    return decideJoin({
      ...this.#applicant(),
      address: self.address,
      isLogEmpty: isLogEmpty(),
      others: peers.list().flatMap(({ hello, isConnected }) => (isConnected ? [hello] : [])),
      granted: this.#granted,
      askingForMs: nowMs - this.#askingSinceMs,
      isYielding: nowMs < this.#yieldUntilMs,
    });
  }

  #applicant(): Applicant {
    const { self, record } = this.#deps;
    return { ...self, clusterId: record.clusterId(), consent: record.consent() };
  }

  async #initiate(configuration: Configuration): Promise<void> {
    const { record, uuid, self, clock, log } = this.#deps;
    const consent = { clusterId: uuid(), initiator: self.nodeId, configuration };
    await record.setConsent(consent);
    this.#granted.clear();
    this.#askingSinceMs = clock.monotonicMs();
    const others = configuration.servers.map(({ id }) => id).filter((id) => id !== self.nodeId);
    if (others.length === 0) return this.#bootstrap(consent);
    log.info("asks for a new cluster", { cluster: consent.clusterId, servers: configuration.servers.length });
    this.#ask(consent, others);
  }

  /** Outside the turn: answers of other servers, who may ask this one meanwhile, come back in turns of their own. */
  #ask(consent: Consent, servers: readonly string[]): void {
    for (const id of servers) {
      this.#call(id, CONSENT_METHOD, consent, (answer) => this.#answered(consent, id, answer as ConsentAnswer));
    }
  }

  #call(id: string, method: string, argument: unknown, onAnswer: (answer: unknown) => Promise<void>): void {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    this.#deps.peers
      .call(id, method, argument, { timeoutMs: CALL_TIMEOUT_MS })
      .finally(() => this.#asked.delete(id))
      .then((answer) => this.#inTurn(() => onAnswer(answer)))
      .then(
        () => this.#arm(0),
        (error: unknown) => this.#tell(`server ${id} was asked (${method}): ${String(error)}`),
      );
  }

  async #answered(consent: Consent, id: string, answer: ConsentAnswer): Promise<void> {
    const { record, self, clock, log } = this.#deps;
    if (record.consent()?.clusterId !== consent.clusterId || record.clusterId() !== "") return;
    if (answer.granted) {
      this.#granted.add(id);
      return;
    }
    this.#tell(`server ${id} does not agree: ${answer.why} ${answer.initiator}`);
    if (answer.why !== "promised" || answer.initiator >= self.nodeId) return;
    log.info("gives way to another server that makes a cluster", { initiator: answer.initiator });
    this.#yieldUntilMs = clock.monotonicMs() + YIELD_MS;
    await record.setConsent(undefined);
  }

  /** First the id, so that a crash in between is known for what it is. */
  async #bootstrap({ clusterId, configuration }: Consent): Promise<void> {
    this.#deps.log.info("makes a new cluster", { cluster: clusterId, servers: configuration.servers.length });
    if (this.#deps.record.clusterId() === "") await this.#deps.record.setClusterId(clusterId);
    await this.#deps.bootstrap(configuration);
    await this.#belong(clusterId);
  }

  async #belong(clusterId: string): Promise<void> {
    const { record, peers, onCluster } = this.#deps;
    if (record.clusterId() !== clusterId) await record.setClusterId(clusterId);
    await record.setConsent(undefined);
    peers.hello();
    onCluster(clusterId);
  }

  #verify({ clusterId, initiator, configuration }: Consent): void {
    const server = configuration.servers.find(({ id }) => id === initiator);
    if (server !== undefined) this.#deps.peers.know({ nodeId: server.id, address: server.address });
    this.#tell(`agreed to a cluster that server ${initiator} (${server?.address}) is to make; if that server is gone for \
good, stop this agent and remove raft/consent.json from its data directory`);
    this.#call(initiator, WANTS_METHOD, { clusterId }, async (wants) => {
      if (wants === false) await this.#release(clusterId);
    });
  }

  async #release(clusterId: string): Promise<void> {
    const { record } = this.#deps;
    if (record.clusterId() === "" && record.consent()?.clusterId === clusterId) await record.setConsent(undefined);
  }

  #tell(why: string): void {
    const atMs = this.#deps.clock.monotonicMs();
    if (this.#told?.why === why && atMs - this.#told.atMs < REPEAT_LOG_MS) return;
    this.#told = { why, atMs };
    this.#deps.log.info("waits for a cluster", { why });
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
