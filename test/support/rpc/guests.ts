import type { Clock } from "../../../src/ports/clock.ts";
import type { Random } from "../../../src/ports/random.ts";
import type { StreamListener, StreamPort } from "../../../src/ports/stream.ts";
import { type CalledServer, Callers } from "../../../src/rpc/callers.ts";
import type { Methods } from "../../../src/rpc/calls.ts";
import type { GuestHello } from "../../../src/rpc/guest-hello.ts";
import type { Guest } from "../../../src/rpc/guest-link.ts";
import { type GuestLimits, Guests } from "../../../src/rpc/guests.ts";
import { GUEST_SELECTOR, Selector, type SelectorLimits } from "../../../src/rpc/selector.ts";
import { RecordingLogger } from "../recording-logger.ts";
import { silentMeter } from "../silent.ts";

interface GuestServerOptions {
  streams: StreamPort;
  clock: Clock;
  /** Where it listens; port 0 takes a free one. */
  at: { address: string; port: number };
  datacenter?: string;
  methods?: Methods<Guest>;
  continuing?: Methods<Guest>;
  limits?: Partial<GuestLimits>;
  selectorLimits?: Partial<SelectorLimits>;
}

/** A server of the name `name-<id>` that serves guests, and nothing else. */
export class GuestServer {
  readonly logger = new RecordingLogger();
  readonly guests: Guests;
  readonly nodeId: string;
  readonly #options: GuestServerOptions;
  #listener: StreamListener | undefined;

  constructor(nodeId: string, options: GuestServerOptions) {
    const { clock, datacenter = "dc1", methods = {}, continuing = {}, limits = {} } = options;
    this.nodeId = nodeId;
    this.#options = options;
    this.guests = new Guests({
      hello: () => ({ nodeId, nodeName: `name-${nodeId}`, datacenter, version: "0.1.0" }),
      methods: {
        echo: async (argument) => argument,
        never: () => new Promise<never>(() => undefined),
        ...methods,
      },
      ...{ continuing, clock, limits, logger: this.logger, meter: silentMeter },
    });
  }

  async start(): Promise<this> {
    const { streams, clock, at, selectorLimits = {} } = this.#options;
    const protocols = new Map([[GUEST_SELECTOR, this.guests.accept]]);
    const selector = new Selector({ protocols, clock, logger: this.logger, limits: selectorLimits });
    this.#listener = await selector.listen(streams, at);
    return this;
  }

  /** As guests call it. */
  get called(): CalledServer {
    const { datacenter = "dc1" } = this.#options;
    const { address, port } = this.#listener ?? this.#options.at;
    return { nodeId: this.nodeId, name: `name-${this.nodeId}`, datacenter, address: `${address}:${port}` };
  }

  async stop(graceMs = 0): Promise<void> {
    this.#listener?.close();
    await this.guests.close(graceMs);
  }
}

interface AgentOptions {
  streams: Pick<StreamPort, "connect">;
  clock: Clock;
  random: Random;
  hello?: Partial<GuestHello>;
}

/** A node that calls servers: by default a client agent of "dc1". */
export function callersOf(nodeId: string, options: AgentOptions): { callers: Callers; logger: RecordingLogger } {
  const logger = new RecordingLogger();
  const hello = () => ({
    nodeId,
    nodeName: `name-${nodeId}`,
    datacenter: "dc1",
    role: "client" as const,
    version: "0.1.0",
    ...options.hello,
  });
  const { streams, clock, random } = options;
  return { logger, callers: new Callers({ hello, streams, clock, random, logger, meter: silentMeter }) };
}
