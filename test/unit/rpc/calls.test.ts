import { beforeEach, describe, expect, test } from "bun:test";
import { Refusal } from "../../../src/lib/refusal.ts";
import { IncomingCalls, LINK_CALLS, type Methods, OutgoingCalls } from "../../../src/rpc/calls.ts";
import { AnswerLost, NotSent } from "../../../src/rpc/errors.ts";
import type { FrameKind } from "../../../src/rpc/frame.ts";
import type { Queued } from "../../../src/rpc/outbox.ts";
import type { Peer } from "../../../src/rpc/types.ts";
import { failureOf } from "../../support/failure-of.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { RecordingLogger } from "../../support/recording-logger.ts";
import { helloOf } from "../../support/rpc/hello.ts";

/** A caller and a server; frames move when told. */
class Line {
  readonly clock = new ManualClock();
  readonly logger = new RecordingLogger();
  readonly frames: Queued[] = [];
  readonly kinds: FrameKind[] = [];
  isFull = false;
  readonly #port = {
    offer: (kind: FrameKind, payload: Uint8Array) => {
      if (this.isFull) return undefined;
      const queued: Queued = { kind, payload, sent: 0, isSent: false };
      this.frames.push(queued);
      return queued;
    },
    withdraw: (queued: Queued) => {
      const at = this.frames.indexOf(queued);
      if (at >= 0) this.frames.splice(at, 1);
      return at >= 0;
    },
  };
  readonly outgoing = new OutgoingCalls(this.#port, this.clock, LINK_CALLS);
  readonly incoming: IncomingCalls;

  constructor(methods: Methods) {
    const peer: Peer = { hello: helloOf("caller"), isConnected: true, heardMs: 0 };
    this.incoming = new IncomingCalls(this.#port, LINK_CALLS, {
      clock: this.clock,
      logger: this.logger,
      methods,
      from: () => peer,
    });
  }

  /** Delivers what is queued, and what comes of it. */
  async deliver(): Promise<void> {
    await settle();
    for (let next = this.frames.shift(); next !== undefined; next = this.frames.shift()) {
      next.isSent = true;
      this.kinds.push(next.kind);
      expect(this.#receive(next.kind, Buffer.from(next.payload))).toBe(true);
      await settle();
    }
  }

  #receive(kind: FrameKind, payload: Buffer): boolean {
    if (kind === "call") return this.incoming.onCall(payload);
    if (kind === "cancel") return this.incoming.onCancel(payload);
    return kind === "answer" ? this.outgoing.onAnswer(payload) : this.outgoing.onFailure(payload);
  }

  call(method: string, argument: unknown = undefined, signal?: AbortSignal): Promise<unknown> {
    return this.outgoing.call(method, argument, { timeoutMs: 1000, ...(signal === undefined ? {} : { signal }) });
  }
}

const pending = () => new Promise<never>(() => undefined);
let signals: AbortSignal[] = [];
beforeEach(() => {
  signals = [];
});

const line = () =>
  new Line({
    echo: async (argument) => argument,
    whoCalls: async (_, from) => from.hello.nodeName,
    refuse: async () => {
      throw new Refusal("Permission denied", 403, "refused");
    },
    fail: async () => {
      throw new Error("disk on fire");
    },
    wait: (_, __, signal) => {
      signals.push(signal);
      return pending();
    },
  });

describe("calls", () => {
  test("bring the value back, each its own, and the method knows who calls", async () => {
    const rig = line();
    const results = Promise.all([rig.call("echo", { a: 1n }), rig.call("whoCalls"), rig.call("echo", [2])]);
    await rig.deliver();
    expect(await results).toEqual([{ a: 1n }, "name-caller", [2]]);
  });

  test("reject with the Refusal of the method", async () => {
    const rig = line();
    const failure = failureOf(rig.call("refuse"));
    await rig.deliver();
    expect(await failure).toBeInstanceOf(Refusal);
    expect(await failure).toMatchObject({ message: "Permission denied", status: 403, outcome: "refused" });
    expect(rig.logger.lines).toEqual([]);
  });

  test("that fail otherwise may have been executed, and the server's log says why", async () => {
    const rig = line();
    const failure = failureOf(rig.call("fail"));
    await rig.deliver();
    expect(await failure).toBeInstanceOf(AnswerLost);
    expect(rig.logger.messages("error")).toEqual(["a call of another node failed"]);
  });

  test("of a method that is not there were not executed, and names of every object are none", async () => {
    const rig = line();
    const failures = Promise.all([failureOf(rig.call("nope")), failureOf(rig.call("constructor"))]);
    await rig.deliver();
    for (const failure of await failures) expect(failure).toBeInstanceOf(NotSent);
  });

  test("beyond what one server may execute for another at a time are refused, and served again later", async () => {
    const rig = line();
    for (let at = 0; at < 256; at++) void failureOf(rig.call("wait"));
    const failure = failureOf(rig.call("echo", 1));
    await rig.deliver();
    expect(await failure).toBeInstanceOf(NotSent);
    expect(signals.length).toBe(256);
  });

  test("that don't fit into the lane, and those beyond the limit that wait, were not sent", async () => {
    const rig = line();
    rig.isFull = true;
    expect(await failureOf(rig.call("echo"))).toBeInstanceOf(NotSent);
    rig.isFull = false;
    const waiting = Array.from({ length: 1024 }, () => failureOf(rig.call("wait")));
    expect(await failureOf(rig.call("echo"))).toBeInstanceOf(NotSent);
    rig.outgoing.close("end", false);
    expect((await Promise.all(waiting)).every((failure) => failure instanceof NotSent)).toBe(true);
  });
});

describe("a call that takes too long", () => {
  test("was not sent when it still waits in its lane, and does not go later", async () => {
    const rig = line();
    const failure = failureOf(rig.call("wait"));
    rig.clock.advance(1000);
    expect(await failure).toBeInstanceOf(NotSent);
    await rig.deliver();
    expect(rig.kinds).toEqual([]);
  });

  test("may have been executed when it was sent, and the method hears that nobody waits", async () => {
    const rig = line();
    const failure = failureOf(rig.call("wait"));
    await rig.deliver();
    rig.clock.advance(999);
    expect(signals[0]?.aborted).toBe(false);
    rig.clock.advance(1);
    expect(await failure).toBeInstanceOf(AnswerLost);
    expect(signals[0]?.aborted).toBe(true);
  });

  test("is taken back by an abort, before the time, and the method hears it", async () => {
    const rig = line();
    const controller = new AbortController();
    const failure = failureOf(rig.call("wait", undefined, controller.signal));
    await rig.deliver();
    controller.abort();
    expect(await failure).toBeInstanceOf(AnswerLost);
    await rig.deliver();
    expect(rig.kinds).toEqual(["call", "cancel"]);
    expect(signals[0]?.aborted).toBe(true);
    expect(await failureOf(rig.call("echo", 1, controller.signal))).toBeInstanceOf(NotSent);
  });

  test("leaves no timer behind when it is answered in time", async () => {
    const rig = line();
    const result = rig.call("echo", 1, new AbortController().signal);
    await rig.deliver();
    await result;
    expect(rig.clock.pendingMs).toEqual([]);
  });
});

describe("the end of the link", () => {
  test("tells calls that were sent from those that were not, and methods that nobody waits", async () => {
    const rig = line();
    const sent = failureOf(rig.call("wait"));
    await rig.deliver();
    const queued = failureOf(rig.call("wait"));
    rig.outgoing.close("the connection is gone", false);
    rig.incoming.close();
    expect(await sent).toBeInstanceOf(AnswerLost);
    expect(await queued).toBeInstanceOf(NotSent);
    expect(signals[0]?.aborted).toBe(true);
  });
});

describe("the end of a link that the other server never used", () => {
  test("says of all calls that they were not executed", async () => {
    const rig = line();
    const sent = failureOf(rig.call("wait"));
    await rig.deliver();
    rig.outgoing.close("the servers are connected already", true);
    expect(await sent).toBeInstanceOf(NotSent);
  });
});

describe("frames that are no calls", () => {
  const bytes = Buffer.from([1, 0xff, 0xff]);
  test("are told, and answers that nobody waits for are not among them", () => {
    const { incoming, outgoing } = line();
    expect([incoming.onCall(bytes), outgoing.onAnswer(bytes), outgoing.onFailure(bytes)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(incoming.onCancel(bytes)).toBe(false);
    expect(outgoing.onAnswer(Buffer.from([99, 49]))).toBe(true);
    expect(incoming.onCancel(Buffer.of(99))).toBe(true);
  });

  test("a second call with the number of one that is being served is among them", async () => {
    const rig = line();
    void failureOf(rig.call("wait"));
    const payload = Buffer.from(rig.frames[0]?.payload ?? []);
    expect([rig.incoming.onCall(payload), rig.incoming.onCall(payload)]).toEqual([true, false]);
  });
});
