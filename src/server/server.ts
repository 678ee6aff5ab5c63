import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { StateDb } from "../state/db.ts";
import { kvNextExpiries, kvTombstoneMax } from "../state/kv/queries.ts";
import { queryById } from "../state/queries/queries.ts";
import { sessionExists, sessionRow, sessionsWithTtl } from "../state/sessions/queries.ts";
import { lookTxn } from "../state/txn/queries.ts";
import { CatalogEndpoint } from "./endpoints/catalog.ts";
import { ConfigEntryEndpoint } from "./endpoints/config-entry.ts";
import { CoordinateEndpoint } from "./endpoints/coordinate.ts";
import { KvEndpoint } from "./endpoints/kv.ts";
import { QueryEndpoint } from "./endpoints/query.ts";
import { expireSession, SessionEndpoint } from "./endpoints/session.ts";
import { TxnEndpoint } from "./endpoints/txn.ts";
import { KvExpiry } from "./kv-expiry.ts";
import { LockDelays } from "./lock-delay.ts";
import type { Propose } from "./propose.ts";
import { SessionTimers } from "./session-timers.ts";
import { TombstoneReaper } from "./tombstones.ts";

/** What a server does only while it leads. */
export interface LeaderDuty {
  lead(): void;
  stop(): void;
}

export interface ServerDeps {
  db: StateDb;
  propose: Propose;
  clock: Clock;
  random: Random;
  log: Logger;
  datacenter: string;
  /** `session_ttl_min`; read anew for each session. */
  sessionTtlNsMin: () => number;
  /** Begun and ended with those of this file. */
  duties: readonly LeaderDuty[];
}

/** The server role: the endpoints that write, and what only a leader does. */
export class Server {
  readonly catalog: CatalogEndpoint;
  readonly configEntry: ConfigEntryEndpoint;
  readonly coordinate: CoordinateEndpoint;
  readonly kv: KvEndpoint;
  readonly query: QueryEndpoint;
  readonly session: SessionEndpoint;
  readonly txn: TxnEndpoint;
  readonly #deps: ServerDeps;
  readonly #lockDelays: LockDelays;
  readonly #sessionTimers: SessionTimers;
  readonly #kvExpiry: KvExpiry;
  readonly #tombstones: TombstoneReaper;

  constructor(deps: ServerDeps) {
    const { db, propose, clock, random, log } = deps;
    this.#deps = deps;
    this.#lockDelays = new LockDelays(clock);
    const timers: SessionTimers = new SessionTimers(
      clock,
      expireSession({ propose, log, timers: () => timers, exists: (id) => sessionExists(db, id) }),
    );
    this.#sessionTimers = timers;
    this.#kvExpiry = new KvExpiry({ propose, clock, log, next: (limit) => kvNextExpiries(db, limit) });
    this.#tombstones = new TombstoneReaper({ propose, clock, log, newest: () => kvTombstoneMax(db) });
    this.catalog = new CatalogEndpoint({ propose, clock, datacenter: deps.datacenter });
    this.configEntry = new ConfigEntryEndpoint({ propose });
    this.coordinate = new CoordinateEndpoint({ propose, clock, log });
    this.kv = new KvEndpoint({
      propose,
      clock,
      lockDelays: this.#lockDelays,
      onExpiry: (expiresAtMs) => this.#kvExpiry.schedule(expiresAtMs),
    });
    this.query = new QueryEndpoint({ propose, random, exists: (id) => queryById(db, id) !== undefined });
    this.session = new SessionEndpoint({
      propose,
      random,
      timers,
      find: (id) => sessionRow(db, id),
      ttlNsMin: deps.sessionTtlNsMin,
    });
    this.txn = new TxnEndpoint({
      ...{ propose, clock },
      lockDelays: this.#lockDelays,
      prepareOp: (op) => this.catalog.prepareOp(op),
      look: (ops) => lookTxn(db, ops),
    });
  }

  /** The state machine saw keys lose their holder. */
  onLocksDelayed(keys: readonly string[], lockDelayNs: number): void {
    this.#lockDelays.delay(keys, lockDelayNs);
  }

  /** Starts every leader clock from the state as it is: on taking the lead, and after a restore. None ends a session early. */
  lead(): void {
    this.stop();
    this.#sessionTimers.lead();
    for (const { id, ttl } of sessionsWithTtl(this.#deps.db)) this.session.startTimer({ ID: id, TTL: ttl });
    this.#kvExpiry.lead();
    this.#tombstones.start();
    for (const duty of this.#deps.duties) duty.lead();
  }

  stop(): void {
    this.#sessionTimers.stopAll();
    this.#kvExpiry.stop();
    this.#tombstones.stop();
    this.coordinate.stop();
    for (const duty of this.#deps.duties) duty.stop();
  }
}
