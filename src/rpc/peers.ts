import { assert } from "../lib/assert.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Meter } from "../ports/meter.ts";
import type { Random } from "../ports/random.ts";
import type { StreamPort } from "../ports/stream.ts";
import type { Message } from "../raft/core/messages.ts";
import type { Methods } from "./calls.ts";
import { Dialler, type DialOutcome } from "./dialler.ts";
import { NotSent } from "./errors.ts";
import type { Lane } from "./frame.ts";
import { conflictOf, type Introduction, PROTOCOL_VERSION, type Refused } from "./hello.ts";
import { type Ending, Link, type LinkHost } from "./link.ts";
import { LANE_LIMITS, type LaneLimits } from "./outbox.ts";
import { Seldom } from "./seldom.ts";
import { LINK_SELECTOR, type Protocol } from "./selector.ts";
import type { Hello, KnownServer, Peer, Peers, Wire } from "./types.ts";

/** How often links are looked after. */
const LOOK_MS = 250;
/** A link that was silent for so long is asked for a sign of life, and is closed after the second time. */
const PING_AFTER_MS = 400;
const SILENT_MS_MAX = 3000;
/** A new connection of a peer takes the place of one that was silent for so long. */
const STALE_MS = 1000;
/** A look that comes so late says that this process stood still: what peers sent meanwhile is not read yet. */
const STALLED_MS = LOOK_MS + 500;
const CONNECT_TIMEOUT_MS = 2000;
const LOG_EVERY_MS = 30_000;
/** Servers that are kept in mind, connected or not. */
const PEERS_MAX = 64;

export interface PeersOptions {
  /** What this server says of itself now; its node id never changes. `protocol` is filled in. */
  hello: () => Omit<Hello, "protocol">;
  /** Calls of other servers. */
  methods: Methods;
  /** From a peer, to this server. */
  onMessage: (message: Message) => void;
  /** A server was connected or lost, or says something new of itself. */
  onPeersChanged: () => void;
  streams: Pick<StreamPort, "connect">;
  clock: Clock;
  random: Random;
  logger: Logger;
  meter: Meter;
  laneLimits?: Readonly<Record<Lane, LaneLimits>>;
}

/** A server that has introduced itself. */
interface Known {
  introduction: Introduction;
  link: Link | undefined;
  /** Of its last link. */
  heardMs: number;
}

/**
 * The other servers over TCP, one connection for each. When two servers dial each other at once there may be two for a
 * moment; then the one with the smaller id decides: what it has first stays, and the other one takes what it is given.
 */
export class LinkedPeers implements Peers {
  readonly #options: PeersOptions;
  readonly #instance: string;
  readonly #nodeId: string;
  readonly #host: LinkHost;
  readonly #dialler: Dialler;
  readonly #seldom: Seldom;
  readonly #known = new Map<string, Known>();
  /** All whose connection is not gone. */
  readonly #links = new Set<Link>();
  readonly #dialled = new Map<Link, (outcome: DialOutcome) => void>();
  readonly #settled = new Map<Link, () => void>();
  #look: Timer;
  #lookedMs: number;
  #isClosed = false;

  constructor(options: PeersOptions) {
    const { clock, random, logger } = options;
    this.#options = options;
    this.#instance = random.uuid();
    this.#nodeId = options.hello().nodeId;
    this.#seldom = new Seldom(() => clock.monotonicMs(), LOG_EVERY_MS);
    this.#dialler = new Dialler({
      clock,
      random,
      logger,
      dial: (at) => this.#dial(at),
      isLinked: (nodeId) => this.#linkTo(nodeId) !== undefined,
    });
    this.#host = {
      clock,
      logger,
      methods: options.methods,
      laneLimits: options.laneLimits ?? LANE_LIMITS,
      nodeId: this.#nodeId,
      introduction: () => this.#introduction(),
      judge: (link, other) => this.#judge(link, other),
      onUp: (link) => this.#onUp(link),
      onHello: (link) => this.#onHello(link),
      onMessage: options.onMessage,
      onEnded: (link, ending) => this.#onEnded(link, ending),
    };
    this.#lookedMs = clock.monotonicMs();
    this.#look = clock.after(LOOK_MS, () => this.#lookAfter());
  }

  /** Takes connections of the server port whose first byte is `LINK_SELECTOR`. */
  readonly accept: Protocol = (connection, { settled }) => {
    const link = new Link(this.#host, connection, "acceptor");
    this.#settled.set(link, settled);
    this.#keep(link);
    if (this.#isClosed) link.close("this server stops");
    return link;
  };

  send(message: Message): void {
    assert(message.from === this.#nodeId, "a server sends messages of its own only");
    const isQueued = this.#linkTo(message.to)?.send(message) === true;
    if (!isQueued) this.#options.meter.count("server.link.dropped");
  }

  async call(
    nodeId: string,
    method: string,
    argument: Wire,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<Wire> {
    const link = this.#linkTo(nodeId);
    if (link === undefined) throw new NotSent(`call of ${method}: no connection to server ${nodeId}`);
    return await link.call(method, argument, options);
  }

  dial(address: string): void {
    this.#dialler.add(address);
  }

  forget(address: string): void {
    this.#dialler.remove(address);
  }

  /** Whether a server answered at an address that is dialled, and is connected, maybe under another address. */
  isAt(address: string): boolean {
    const nodeId = this.#dialler.answererAt(address);
    return nodeId !== undefined && this.#linkTo(nodeId) !== undefined;
  }

  know({ nodeId, address }: KnownServer): void {
    if (nodeId !== this.#nodeId) this.#dialler.know(nodeId, address, true);
  }

  /** Takes `know` back: the server is not dialled any more, wherever it was seen. A connection that it makes is taken. */
  unknow(nodeId: string): void {
    this.#dialler.unknow(nodeId);
  }

  list(): readonly Peer[] {
    return [...this.#known.values()].map(({ introduction, link, heardMs }) => ({
      hello: introduction.hello,
      isConnected: link !== undefined,
      heardMs: link?.heardMs ?? heardMs,
    }));
  }

  hello(): void {
    const own = this.#introduction();
    for (const link of this.#up()) {
      const conflict = link.introduction === undefined ? undefined : conflictOf(own, link.introduction);
      if (conflict !== undefined) link.refuse(conflict);
      else link.tellHello();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#look.cancel();
    this.#dialler.close();
    const links = [...this.#links];
    for (const link of links) link.close("this server stops");
    await Promise.all(links.map((link) => link.gone));
  }

  #introduction(): Introduction {
    return { instance: this.#instance, hello: { ...this.#options.hello(), protocol: PROTOCOL_VERSION } };
  }

  #linkTo(nodeId: string): Link | undefined {
    return this.#known.get(nodeId)?.link;
  }

  #up(): Link[] {
    return [...this.#known.values()].flatMap(({ link }) => link ?? []);
  }

  #keep(link: Link): void {
    this.#links.add(link);
    void link.gone.then(() => this.#links.delete(link));
  }

  async #dial(at: { host: string; port: number }): Promise<DialOutcome> {
    const { promise, resolve } = Promise.withResolvers<DialOutcome>();
    let link: Link | undefined;
    try {
      const connection = await this.#options.streams.connect(
        { address: at.host, port: at.port, timeoutMs: CONNECT_TIMEOUT_MS },
        {
          onData: (bytes) => link?.onData(bytes),
          onDrain: () => link?.onDrain(),
          onClose: (error) => link?.onClose(error),
        },
      );
      connection.write(Buffer.of(LINK_SELECTOR));
      link = new Link(this.#host, connection, "dialler");
      this.#dialled.set(link, resolve);
      this.#keep(link);
      if (this.#isClosed) link.close("this server stops");
    } catch (error) {
      return { kind: "failed", why: error instanceof Error ? error.message : String(error) };
    }
    return promise;
  }

  /** Whether a link may be, at its first hello and for an acceptor again when the dialler is ready. */
  #judge(link: Link, other: Introduction): Refused | undefined {
    const conflict = conflictOf(this.#introduction(), other);
    if (conflict !== undefined) return conflict;
    const { nodeId } = other.hello;
    const known = this.#known.get(nodeId);
    if (known === undefined && this.#known.size >= PEERS_MAX && !this.#forgetOne()) {
      return { code: "full", text: `the server knows ${PEERS_MAX} others already`, nodeId: this.#nodeId };
    }
    const rival = known?.link;
    if (rival === undefined || this.#isStale(rival, other)) return undefined;
    // The peer dials only when it has lost what it dialled before; and the greater id takes what it is given.
    const isLost = rival.side === link.side || this.#nodeId > nodeId;
    if (link.side === "acceptor" && isLost) return undefined;
    return { code: "duplicate", text: "the servers are connected already", nodeId: this.#nodeId };
  }

  #isStale(link: Link, other: Introduction): boolean {
    const silentMs = this.#options.clock.monotonicMs() - link.heardMs;
    return link.introduction?.instance !== other.instance || silentMs > STALE_MS;
  }

  /** Makes room for another server: the one that was lost for the longest time goes. */
  #forgetOne(): boolean {
    const lost = [...this.#known].filter(([, { link }]) => link === undefined);
    const [oldest] = lost.sort(([, a], [, b]) => a.heardMs - b.heardMs);
    return oldest !== undefined && this.#known.delete(oldest[0]);
  }

  #onUp(link: Link): void {
    const introduction = link.introduction as Introduction;
    const { hello } = introduction;
    const before = this.#known.get(hello.nodeId)?.link;
    this.#known.set(hello.nodeId, { introduction, link, heardMs: link.heardMs });
    // Two that dialled each other at once: the peer has refused the connection that was dialled here, or will.
    if (before?.side === "dialler" && link.side === "acceptor" && !this.#isStale(before, introduction)) before.retire();
    else before?.close("replaced by a newer connection");
    this.#settled.get(link)?.();
    this.#settled.delete(link);
    this.#answer(link, { kind: "up", nodeId: hello.nodeId });
    if (before === undefined) {
      const { nodeName: server, nodeId: id, version } = hello;
      this.#options.logger.info("connected to a server", { server, id, address: link.remote, version });
    }
    this.#learn(introduction);
    this.#options.onPeersChanged();
  }

  #onHello(link: Link): void {
    const introduction = link.introduction as Introduction;
    const known = this.#known.get(introduction.hello.nodeId);
    if (known?.link !== link) return;
    known.introduction = introduction;
    const conflict = conflictOf(this.#introduction(), introduction);
    if (conflict !== undefined) link.refuse(conflict);
    else {
      this.#learn(introduction);
      this.#options.onPeersChanged();
    }
  }

  #learn({ hello }: Introduction): void {
    for (const { nodeId, address } of hello.known) {
      if (nodeId !== this.#nodeId) this.#dialler.know(nodeId, address, false);
    }
    this.#dialler.know(hello.nodeId, hello.address, false);
    this.#dialler.update();
  }

  #onEnded(link: Link, ending: Ending): void {
    this.#settled.delete(link);
    this.#answer(link, outcomeOf(link, ending));
    const { introduction } = link;
    const known = introduction === undefined ? undefined : this.#known.get(introduction.hello.nodeId);
    const wasUsed = known !== undefined && known.link === link;
    this.#log(link, ending, wasUsed);
    if (!wasUsed) return;
    known.link = undefined;
    known.heardMs = link.heardMs;
    if (this.#isClosed) return;
    this.#dialler.update();
    this.#options.onPeersChanged();
  }

  #answer(link: Link, outcome: DialOutcome): void {
    this.#dialled.get(link)?.(outcome);
    this.#dialled.delete(link);
  }

  #log(link: Link, ending: Ending, wasUsed: boolean): void {
    const { logger } = this.#options;
    const server = link.introduction?.hello.nodeName;
    const fields = { ...(server === undefined ? {} : { server }), address: link.remote };
    if (ending.kind === "refused") {
      const { code, text } = ending.refused;
      const why = printable(text);
      const host = link.remote.replace(/:\d+$/, "");
      if (code === "duplicate" || code === "self") logger.debug("a second connection is left out", { ...fields, why });
      else if (wasUsed || this.#seldom.may(`${ending.by} ${host} ${text}`)) {
        logger.warn(ending.by === "us" ? "refused a server" : "a server refused this one", { ...fields, why });
      }
    } else if (ending.isFault) {
      logger.warn("closed a connection: what came is not of a server", { ...fields, why: ending.why });
    } else if (wasUsed && !this.#isClosed)
      logger.warn("lost the connection to a server", { ...fields, why: ending.why });
    else logger.debug("closed a connection", { ...fields, why: ending.why });
  }

  #lookAfter(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const isStalled = nowMs - this.#lookedMs > STALLED_MS;
    this.#lookedMs = nowMs;
    this.#look = this.#options.clock.after(LOOK_MS, () => this.#lookAfter());
    for (const link of this.#up()) {
      const silentMs = nowMs - link.heardMs;
      if (silentMs > SILENT_MS_MAX && !isStalled) link.close(`nothing was heard for ${Math.round(silentMs)} ms`);
      else if (silentMs >= PING_AFTER_MS) link.ping();
    }
  }
}

function outcomeOf({ introduction }: Link, ending: Ending): DialOutcome {
  if (ending.kind === "closed") return { kind: "failed", why: ending.why };
  const { by, refused } = ending;
  if (refused.code === "self") return { kind: "self" };
  if (refused.code !== "duplicate") return { kind: "refused" };
  const nodeId = by === "peer" ? refused.nodeId : introduction?.hello.nodeId;
  return nodeId === undefined ? { kind: "refused" } : { kind: "duplicate", nodeId };
}

/** What another server says may hold anything. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
