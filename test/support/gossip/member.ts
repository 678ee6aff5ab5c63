import type { Endpoint } from "../../../src/gossip/messages.ts";
import { createPool } from "../../../src/gossip/pool/pool.ts";
import { TIMINGS } from "../../../src/gossip/timing.ts";
import type { Pool, PoolEvent, PoolOptions, QueryOptions } from "../../../src/gossip/types.ts";
import { aesGcm } from "../../../src/platform/cipher.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import { tcp } from "../../../src/platform/tcp-server.ts";
import { udp } from "../../../src/platform/udp.ts";
import { RecordingLogger } from "../recording-logger.ts";
import { silentMeter } from "../silent.ts";

/** A member of a pool in this process, on the machine's real network and clock, and what it was told. */
export interface Member {
  readonly pool: Pool;
  readonly log: RecordingLogger;
  /** Lines `member-join NAME`, `user NAME PAYLOAD`, `query NAME PAYLOAD`. */
  readonly heard: string[];
  /** Where somebody else has this one's name. */
  readonly conflicts: Endpoint[];
  statusOf(name: string): string | undefined;
}

const HOUR_MS = 3_600_000;

const utf8 = new TextDecoder();
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Listens on a free port of `address`. Answers queries with `NAME heard PAYLOAD`. */
export async function startMember(name: string, address: string, options: Partial<PoolOptions> = {}): Promise<Member> {
  const log = new RecordingLogger();
  const heard: string[] = [];
  const conflicts: Endpoint[] = [];
  const pool = await createPool({
    name,
    tags: {},
    bind: { address, port: 0 },
    advertise: { address, port: 0 },
    timing: TIMINGS.lan,
    encryptKey: "",
    verifyIncoming: true,
    verifyOutgoing: true,
    files: undefined,
    keyringFile: "local.keyring",
    snapshotFile: "local.snapshot",
    allowed: [],
    rejoinAfterLeave: false,
    reconnectTimeoutMs: 72 * HOUR_MS,
    tombstoneTimeoutMs: 24 * HOUR_MS,
    leavePropagateDelayMs: 1000,
    refuse: () => undefined,
    onEvent: (event) => heard.push(lineOf(name, event)),
    onNameConflict: (other) => conflicts.push(other),
    matches: (expression, value) => new RegExp(expression).test(value),
    clock: systemClock,
    random: systemRandom,
    cipher: aesGcm,
    datagrams: udp,
    streams: tcp,
    log,
    meter: silentMeter,
    ...options,
  });
  return { pool, log, heard, conflicts, statusOf: (other) => pool.member(other)?.status };
}

function lineOf(name: string, event: PoolEvent): string {
  if (event.kind === "user") return `user ${event.name} ${utf8.decode(event.payload)}`;
  if (event.kind === "query") {
    const payload = utf8.decode(event.query.payload);
    event.query.respond(bytesOf(`${name} heard ${payload}`));
    return `query ${event.query.name} ${payload}`;
  }
  return `member-${event.kind} ${event.member.name}`;
}

/** What `query` was told. */
export async function ask(
  { pool }: Member,
  name: string,
  payload: string,
  options: QueryOptions = {},
): Promise<{ acks: string[]; answers: string[] }> {
  const acks: string[] = [];
  const answers: string[] = [];
  await pool.query(name, bytesOf(payload), {
    ...options,
    wantsAck: true,
    onAck: (from) => acks.push(from),
    onResponse: (_from, answer) => answers.push(utf8.decode(answer)),
  });
  return { acks: acks.sort(), answers: answers.sort() };
}
