import { Router } from "../../src/agent/router/router.ts";
import { createHttpApp, type HttpApp } from "../../src/http/app.ts";
import type { Connection, Consensus, HttpDeps, HttpSettings } from "../../src/http/deps.ts";
import type { AnyRoute } from "../../src/http/endpoint.ts";
import { forwardedMethods } from "../../src/http/forwarded.ts";
import { Forwarding } from "../../src/http/forwarding.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { type HttpListener, listenHttp } from "../../src/platform/http-server.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { tcp } from "../../src/platform/tcp-server.ts";
import { Publisher } from "../../src/state/publisher.ts";
import { LEADER, SETTINGS } from "./http-rig.ts";
import { callersOf, GuestServer } from "./rpc/guests.ts";
import { silentLogger, silentMeter } from "./silent.ts";

const ADDRESS = "127.0.0.1";

export interface AgentOptions {
  datacenter?: string;
  settings?: Partial<HttpSettings>;
  consensus?: Partial<Consensus>;
}

/** One agent: its HTTP port, what it forwards, and as a server what others forward to it. */
export class ForwardAgent {
  readonly name: string;
  readonly datacenter: string;
  readonly publisher = new Publisher();
  readonly router: Router;
  /** What happened to the idle timeouts of its connections. */
  readonly held: string[] = [];
  settings: HttpSettings;
  readonly #callers: ReturnType<typeof callersOf>["callers"];
  readonly #app: HttpApp;
  readonly #http: HttpListener;
  #guests: GuestServer | undefined;

  /** `routes` with an `answeredBy` are those of a client, too. */
  constructor(name: string, role: "client" | "server", routes: readonly unknown[], api: object, options: AgentOptions) {
    const { datacenter = "dc1", consensus = {} } = options;
    this.name = name;
    this.datacenter = datacenter;
    this.settings = { ...SETTINGS, datacenter, ...options.settings };
    const ports = { streams: tcp, clock: systemClock, random: systemRandom };
    const hello = { nodeName: name, datacenter, role };
    this.#callers = callersOf(name, { ...ports, hello }).callers;
    this.router = new Router({
      ...{ datacenter, callers: this.#callers, clock: systemClock, random: systemRandom },
      clusterSize: () => 3,
      holdMs: () => 300,
    });
    const settings = () => this.settings;
    const deps: HttpDeps = {
      ...{
        clock: systemClock,
        random: () => 0,
        log: silentLogger,
        meter: silentMeter,
        publisher: this.publisher,
        settings,
      },
      consensus: role === "server" ? { ...LEADER, ...consensus } : undefined,
      elsewhere: new Forwarding({ router: this.router, nodeName: () => name, settings }),
    };
    this.#app = createHttpApp(routes as readonly AnyRoute[], deps, api);
    this.#http = listenHttp({
      address: { hostname: ADDRESS, port: 0 },
      fetch: (raw, connection) => this.#app.fetch(raw, this.#noting(connection)),
    });
  }

  get url(): string {
    return `http://${ADDRESS}:${this.#http.port}`;
  }

  /** Takes what others forward; as they call it. */
  async serve(): Promise<this> {
    const { methods, continuing } = forwardedMethods(this.#app, systemClock);
    const at = { address: ADDRESS, port: 0 };
    const options = { streams: tcp, clock: systemClock, at, datacenter: this.datacenter, methods, continuing };
    this.#guests = await new GuestServer(this.name, options).start();
    return this;
  }

  /** This datacenter's servers, or another's, are these, in this order. */
  knows(datacenter: string, ...servers: ForwardAgent[]): void {
    this.router.setServers(
      datacenter,
      servers.map(({ called }, at) => ({ ...called, distanceMs: 1 + 100 * at })),
    );
  }

  get called() {
    if (this.#guests === undefined) throw new Error("it serves nobody");
    return this.#guests.called;
  }

  get guests(): number {
    return this.#guests?.guests.list().length ?? 0;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.url + path, init);
  }

  /** Its connections to other agents end, as those of a process that is killed. */
  async die(graceMs = 0): Promise<void> {
    await this.#guests?.stop(graceMs);
    this.#guests = undefined;
  }

  async stop(): Promise<void> {
    this.router.close();
    await Promise.all([this.die(), this.#callers.close(), this.#http.close(0)]);
  }

  #noting(connection: Connection): Connection {
    return {
      remoteAddress: () => connection.remoteAddress(),
      holdOpen: () => {
        this.held.push("hold");
        connection.holdOpen();
      },
      release: () => {
        this.held.push("release");
        connection.release();
      },
    };
  }
}
