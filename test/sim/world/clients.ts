import type { Checker } from "../check/checker.ts";
import type { ClientSwarm } from "../plan/swarm.ts";
import type { Random } from "../random.ts";
import type { Context } from "./context.ts";
import type { Operation } from "./machine.ts";
import type { Answer, Server } from "./server.ts";

/** What a client needs of the world. */
interface Service {
  readonly context: Context;
  readonly checker: Checker;
  readonly swarm: ClientSwarm;
  /** One way between a client and a server. */
  readonly delayMs: number;
  /** Servers that may be asked; some of them are down. */
  servers(): readonly Server[];
}

const MODES = ["default", "consistent", "stale"] as const;

/** One caller after the other asks through some server, and takes no second try for an answer that it did not get. */
export class Client {
  readonly #service: Service;
  readonly #random: Random;
  readonly #name: string;
  #count = 0;
  #server: Server | undefined;
  /** Versions it has seen, for swaps. */
  readonly #seen = new Map<string, number>();
  isActive = true;

  constructor(service: Service, name: string) {
    this.#service = service;
    this.#name = name;
    this.#random = service.context.random(`client ${name}`);
  }

  /** One operation after the other, until `isActive` is false. */
  start(): void {
    this.#service.context.after(this.#random.around(this.#service.swarm.thinkMs), () => {
      if (!this.isActive) return;
      this.#ask(this.#draw(), () => this.start());
    });
  }

  /** Tries each kind of operation until it has succeeded; calls `done` then. */
  insist(done: () => void): void {
    const key = this.#key();
    const wanted: Operation[] = [
      { ...this.#operation("set"), key },
      ...MODES.map((mode) => ({ ...this.#operation("get"), mode, key })),
    ];
    const next = () => {
      const operation = wanted[0];
      if (operation === undefined) return done();
      this.#ask({ ...operation, id: this.#id() }, (answer) => {
        if (answer.outcome === "ok") wanted.shift();
        this.#service.context.after(this.#service.swarm.timeoutMs / 20, next);
      });
    };
    next();
  }

  /** One write through a server, beside what it does otherwise. */
  write(server: Server): void {
    this.#ask(this.#operation("set"), () => undefined, server);
  }

  /** The same, a read that the leader has to confirm. */
  readFrom(server: Server): void {
    this.#ask({ ...this.#operation("get"), mode: "consistent" }, () => undefined, server);
  }

  #draw(): Operation {
    const { reads, cas, restore, keys } = this.#service.swarm;
    if (this.#random.chance(reads)) return { ...this.#operation("get"), mode: this.#random.pick(MODES) };
    if (this.#random.chance(restore)) {
      return { ...this.#operation("restore"), key: Array.from({ length: keys }, (_, at) => `k${at}`).join(",") };
    }
    const operation = this.#operation(this.#random.chance(cas) ? "cas" : "set");
    return { ...operation, expected: this.#seen.get(operation.key) ?? 0 };
  }

  #operation(kind: Operation["kind"]): Operation {
    return { id: this.#id(), kind, key: this.#key(), expected: 0, mode: "default" };
  }

  #id(): string {
    return `${this.#name}.${++this.#count}`;
  }

  #key(): string {
    return `k${this.#random.whole(0, this.#service.swarm.keys - 1)}`;
  }

  #ask(operation: Operation, done: (answer: Answer) => void, server = this.#choose()): void {
    const { context, checker, swarm } = this.#service;
    checker.called(this.#name, operation);
    context.trace?.(
      `${this.#name} asks ${server.id}: ${operation.id} ${operation.kind} ${operation.key} ${operation.kind === "get" ? operation.mode : ""}`,
    );
    let isOver = false;
    const end = (answer: Answer) => {
      if (isOver) return;
      isOver = true;
      context.trace?.(`${this.#name} has ${answer.outcome} for ${operation.id}`);
      checker.answered(operation, answer);
      if (answer.outcome === "ok") {
        if (answer.version !== undefined) this.#seen.set(operation.key, answer.version.index);
        else if (operation.kind !== "get") this.#seen.set(operation.key, answer.index);
      } else this.#server = undefined;
      done(answer);
    };
    context.after(swarm.timeoutMs, () => end({ outcome: "unknown" }));
    this.#travel(() => server.request(operation, (answer) => this.#travel(() => end(answer))));
  }

  #travel(arrive: () => void): void {
    const { context, swarm, delayMs } = this.#service;
    if (swarm.lossChance > 0 && this.#random.chance(swarm.lossChance)) return;
    context.after(this.#random.around(delayMs), arrive);
  }

  #choose(): Server {
    const servers = this.#service.servers();
    if (
      this.#server === undefined ||
      !servers.includes(this.#server) ||
      !this.#random.chance(this.#service.swarm.sticky)
    ) {
      this.#server = this.#random.pick(servers);
    }
    return this.#server;
  }
}
