import { asRefusal, type CallServer, type Router } from "../agent/router/router.ts";
import { Refusal } from "../lib/refusal.ts";
import type { HttpSettings } from "./deps.ts";
import type { Elsewhere, ForwardRequest } from "./elsewhere.ts";
import { rawPath } from "./endpoint.ts";
import {
  FORWARD_METHODS,
  HOPS_MAX,
  isOpenAnswer,
  isReadAnswer,
  isWriteAnswer,
  type OpenAnswer,
  type OpenRequest,
  travelling,
} from "./forward-protocol.ts";
import { Upload } from "./forward-upload.ts";
import type { Encoded } from "./respond.ts";

/** A server answers by itself when a wait is over: longer than any wait by as much as it may look for a leader or wait for it. */
const BEYOND_WAIT_MS = 60_000;
/** The longest wait is lengthened by chance by up to this part. */
const WAIT_JITTER = 1 / 16;
/** A server answers reads of parts and takes parts within this, or says that there is none. */
const PART_TIMEOUT_MS = 120_000;

export interface ForwardingOptions {
  router: Pick<Router, "run">;
  /** Of this node. */
  nodeName: () => string;
  settings: () => HttpSettings;
}

/** Passes requests on to servers, and their answers back, both of any length. */
export class Forwarding implements Elsewhere {
  readonly #options: ForwardingOptions;
  #nextId = 1;

  constructor(options: ForwardingOptions) {
    this.#options = options;
  }

  async forward(datacenter: string | undefined, request: ForwardRequest): Promise<Encoded> {
    const { router, settings } = this.#options;
    const { raw, forwarded } = request;
    // Who passed it on meant this datacenter.
    if (forwarded !== undefined && forwarded.hops >= HOPS_MAX) {
      throw new Refusal("No path to datacenter");
    }
    const upload = await Upload.of(raw, request.body);
    const { datacenter: own, waitLimits } = settings();
    const waitMs = Math.max(waitLimits.defaultQueryTimeMs, waitLimits.maxQueryTimeMs) * (1 + WAIT_JITTER);
    const options = { timeoutMs: waitMs + BEYOND_WAIT_MS, isSafe: raw.method === "GET", signal: raw.signal };
    const head = this.#head(request, upload);
    try {
      return await router.run(datacenter ?? own, options, (call, leftMs) =>
        exchange({ call, head: { ...head, id: this.#nextId++ }, upload, request, timeoutMs: leftMs }),
      );
    } finally {
      upload.cancel();
    }
  }

  #head({ raw, address, forwarded }: ForwardRequest, upload: Upload): Omit<OpenRequest, "id"> {
    const { nodeName, settings } = this.#options;
    const own = settings();
    const { alwaysPretty, waitLimits, ignoresCached = false } = own;
    const { url } = raw;
    const queryAt = url.indexOf("?");
    const { farFrom, bodyLimits } = forwarded ?? { farFrom: farFromOf(own, url), bodyLimits: own.bodyLimits };
    return {
      ...(upload.first === undefined ? {} : { body: upload.first as Uint8Array<ArrayBuffer> }),
      more: !upload.isWhole,
      method: raw.method,
      target: rawPath(url) + (queryAt < 0 ? "" : url.slice(queryAt)),
      headers: travelling(raw.headers),
      address,
      hops: (forwarded?.hops ?? 0) + 1,
      node: forwarded?.node ?? nodeName(),
      pretty: forwarded?.pretty ?? alwaysPretty,
      discoveryMaxStaleMs: forwarded?.discoveryMaxStaleMs ?? waitLimits.discoveryMaxStaleMs ?? 0,
      ignoresCached: forwarded?.ignoresCached ?? ignoresCached,
      ...(farFrom === undefined ? {} : { farFrom }),
      ...(bodyLimits === undefined ? {} : { bodyLimits }),
    };
  }
}

/** An answer of the own datacenter needs no other addresses, and may be one that was kept; queries look beyond it. */
function farFromOf({ datacenter, translatesWanAddresses }: HttpSettings, url: string): string | undefined {
  return translatesWanAddresses === true && /[?&]dc=|\/v1\/query\//.test(url) ? datacenter : undefined;
}

interface Exchange {
  /** Calls of one server. */
  readonly call: CallServer;
  readonly head: OpenRequest;
  readonly upload: Upload;
  readonly request: ForwardRequest;
  readonly timeoutMs: number;
}

/** One try at one server. */
async function exchange(tried: Exchange): Promise<Encoded> {
  const { call, head, timeoutMs } = tried;
  const options = { timeoutMs, signal: tried.request.raw.signal };
  if (head.more) await call(FORWARD_METHODS.ready, undefined, options);
  const opening = call(FORWARD_METHODS.open, head, options);
  if (head.more) void pour(tried);
  const answer = checked(isOpenAnswer, await opening.catch((error: unknown) => onFailure(tried, error)));
  const { status, headers, more, body = null } = answer;
  return { status, headers, body: more ? following(tried, answer) : body };
}

function onFailure(tried: Exchange, error: unknown): never {
  // The answer may have begun meanwhile.
  if (tried.request.raw.signal.aborted) giveUp(tried);
  // A body that was sent by and by is gone: nobody else can be asked.
  throw tried.head.more ? asRefusal(error) : error;
}

/** Tells the server that nobody waits for the rest of a request or of its answer. */
function giveUp({ call, head: { id } }: Exchange): void {
  call(FORWARD_METHODS.close, { id }, { timeoutMs: PART_TIMEOUT_MS }).catch(() => undefined);
}

function checked<T>(check: (answer: unknown) => answer is T, answer: unknown): T {
  if (check(answer)) return answer;
  throw new Refusal("rpc error making call: the server's answer makes no sense", 500, "unknown");
}

/** Sends the rest of the request's body, as long as the server wants it. */
async function pour(tried: Exchange): Promise<void> {
  const { call, upload } = tried;
  const { id } = tried.head;
  const { signal } = tried.request.raw;
  const options = { timeoutMs: PART_TIMEOUT_MS, signal };
  try {
    await upload.pour(async (body, isLast) =>
      checked(isWriteAnswer, await call(FORWARD_METHODS.write, { body, id, isLast }, options)),
    );
  } catch {
    // The server must not wait for the rest. Its answer, or the lack of one, says what became of the request.
    giveUp(tried);
  }
}

/** The parts of an answer, each fetched when there is room for it. */
function following(tried: Exchange, { body: first }: OpenAnswer): ReadableStream<Uint8Array> {
  const { signal } = tried.request.raw;
  const left = new AbortController();
  const leave = () => {
    left.abort();
    giveUp(tried);
    end();
  };
  const end = () => {
    signal.removeEventListener("abort", leave);
    if (!isEnded) tried.request.onEnd();
    isEnded = true;
  };
  let isEnded = false;
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (first !== undefined && first.length > 0) controller.enqueue(first);
    },
    async pull(controller) {
      try {
        if (await fetchPart(tried, left.signal, controller)) return;
        controller.close();
      } catch {
        // The connection to the reader is cut. The runtime would print an error that is given here.
        controller.error();
      }
      end();
    },
    cancel: leave,
  });
}

/** Fetches until a part has come; false when none is left. */
async function fetchPart(
  { call, head: { id } }: Exchange,
  signal: AbortSignal,
  controller: ReadableStreamDefaultController<Uint8Array>,
): Promise<boolean> {
  for (;;) {
    const answer = await call(FORWARD_METHODS.read, { id }, { timeoutMs: PART_TIMEOUT_MS, signal });
    const { body, more } = checked(isReadAnswer, answer);
    const hasPart = body !== undefined && body.length > 0;
    if (hasPart) controller.enqueue(body);
    if (hasPart || !more) return more;
  }
}
