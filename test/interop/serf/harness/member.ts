import type { Endpoint } from "../../../../src/gossip/messages.ts";
import { createPool } from "../../../../src/gossip/pool/pool.ts";
import { TIMINGS } from "../../../../src/gossip/timing.ts";
import type { Pool, PoolEvent, PoolOptions } from "../../../../src/gossip/types.ts";
import { aesGcm } from "../../../../src/platform/cipher.ts";
import { systemClock } from "../../../../src/platform/clock.ts";
import { systemRandom } from "../../../../src/platform/random.ts";
import { tcp } from "../../../../src/platform/tcp-server.ts";
import { udp } from "../../../../src/platform/udp.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";
import { silentMeter } from "../../../support/silent.ts";
import { nextAddress, PORT } from "./world.ts";

/** A member of this program, in this process, and what it was told. */
export interface Member {
  readonly pool: Pool;
  readonly log: RecordingLogger;
  /** Lines as `SerfAgent.heard` has them. */
  readonly heard: string[];
  /** Where somebody else has this one's name. */
  readonly conflicts: Endpoint[];
  statusOf(name: string): string | undefined;
}

const utf8 = new TextDecoder();
const text = (words: string) => new TextEncoder().encode(words);

/** Answers queries as the agents' handler does. */
export async function startMember(name: string, options: Partial<PoolOptions> = {}): Promise<Member> {
  const log = new RecordingLogger();
  const heard: string[] = [];
  const conflicts: Endpoint[] = [];
  const bind = options.bind ?? { address: nextAddress(), port: PORT };
  const pool = await createPool({
    name,
    tags: {},
    bind,
    advertise: { ...bind, port: 0 },
    timing: TIMINGS.lan,
    encryptKey: "",
    verifyIncoming: true,
    verifyOutgoing: true,
    files: undefined,
    keyringFile: "local.keyring",
    snapshotFile: "local.snapshot",
    allowed: [],
    rejoinAfterLeave: false,
    reconnectTimeoutMs: 72 * 3600_000,
    tombstoneTimeoutMs: 24 * 3600_000,
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
    event.query.respond(text(`${name} heard ${payload}`));
    return `query ${event.query.name} ${payload}`;
  }
  return `member-${event.kind} ${event.member.name}`;
}

/** What `query` was told. */
export async function ask(
  { pool }: Member,
  name: string,
  payload: string,
  options: { filters?: PoolQueryFilters; relayFactor?: number; timeoutMs?: number } = {},
): Promise<{ acks: string[]; answers: string[] }> {
  const acks: string[] = [];
  const answers: string[] = [];
  await pool.query(name, text(payload), {
    ...options,
    wantsAck: true,
    onAck: (from) => acks.push(from),
    onResponse: (_from, answer) => answers.push(utf8.decode(answer)),
  });
  return { acks: acks.sort(), answers: answers.sort() };
}
type PoolQueryFilters = NonNullable<NonNullable<Parameters<Pool["query"]>[2]>["filters"]>;
