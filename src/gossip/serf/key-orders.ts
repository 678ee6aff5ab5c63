import { WireError } from "../../codec/wire-error.ts";
import type { Logger } from "../../ports/logger.ts";
import type { IncomingQuery } from "../types.ts";
import { decodeSerf, encodeSerf } from "../wire/serf.ts";
import type { KeyOrders } from "./options.ts";
import { INTERNAL_PREFIX, KEY_QUERY } from "./query-names.ts";
import { RESPONSE_BYTES_MAX } from "./query-replies.ts";

/** What around the answer takes of a response, with a name of any length that is taken; the keys get the rest. */
const KEY_TEXT_BYTES_MIN = 25;

interface Answer {
  readonly result: boolean;
  readonly message: string;
  readonly keys?: readonly string[];
  readonly primaryKey?: string;
}

/** Does what is asked of this member's keys and says what became of it. Never rejects. */
export async function answerKeyOrder(
  query: IncomingQuery,
  { keyring, log }: { keyring: KeyOrders | undefined; log: Logger },
): Promise<void> {
  switch (query.name) {
    case KEY_QUERY.list:
      answerList(query, keyring, log);
      return;
    case KEY_QUERY.install:
      respond(query, await change(query, keyring, log, (keys, key) => keys.add(key)));
      return;
    case KEY_QUERY.use:
      respond(query, await change(query, keyring, log, (keys, key) => keys.use(key)));
      return;
    case KEY_QUERY.remove:
      respond(query, await change(query, keyring, log, (keys, key) => keys.remove(key)));
      return;
    default:
      log.warn("internal query is not known here", { query: query.name });
  }
}

async function change(
  query: IncomingQuery,
  keyring: KeyOrders | undefined,
  log: Logger,
  apply: (keyring: KeyOrders, key: Uint8Array) => void,
): Promise<Answer> {
  const key = keyOf(query.payload);
  if (key === undefined) return { result: false, message: "" };
  if (keyring === undefined) return { result: false, message: "No keyring to modify (encryption not enabled)" };
  log.info(`received ${query.name.slice(INTERNAL_PREFIX.length)} query`, { from: query.sourceNode });
  try {
    apply(keyring, key);
    await keyring.store();
    return { result: true, message: "" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log.error(`order about keys is not done: ${message}`, { query: query.name });
    return { result: false, message };
  }
}

function keyOf(payload: Uint8Array): Uint8Array | undefined {
  try {
    const request = decodeSerf(payload);
    return request.type === "keyRequest" ? request.key : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** A ring of many keys is cut until the answer fits; the message says so. */
function answerList(query: IncomingQuery, keyring: KeyOrders | undefined, log: Logger): void {
  if (keyring === undefined) {
    respond(query, { result: false, message: "Keyring is empty (encryption not enabled)" });
    return;
  }
  const keys = keyring.keys().map((key) => Buffer.from(key).toString("base64"));
  const [primaryKey = ""] = keys;
  const most = Math.min(keys.length, Math.floor(RESPONSE_BYTES_MAX / KEY_TEXT_BYTES_MIN));
  for (let shown = most; shown >= 0; shown--) {
    const message =
      shown === keys.length ? "" : `truncated key list response, showing first ${shown} of ${keys.length} keys`;
    if (!respond(query, { result: true, message, keys: keys.slice(0, shown), primaryKey })) continue;
    if (message !== "") log.warn(message);
    return;
  }
}

function respond(query: IncomingQuery, { result, message, keys = [], primaryKey = "" }: Answer): boolean {
  return query.respond(encodeSerf({ type: "keyResponse", result, message, keys, primaryKey }));
}
