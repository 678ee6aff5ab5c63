import { beforeEach, describe, expect, test } from "bun:test";
import type { StreamConnection, StreamHandlers } from "../../../src/ports/stream.ts";
import { type Protocol, Selector, type SelectorLimits } from "../../../src/rpc/selector.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { RecordingLogger } from "../../support/recording-logger.ts";

let clock: ManualClock;
let logger: RecordingLogger;
/** What protocol 7 got, by connection. */
let got: string[];
let settle: (() => void) | undefined;

beforeEach(() => {
  clock = new ManualClock();
  logger = new RecordingLogger();
  got = [];
  settle = undefined;
});

class FakeConnection implements StreamConnection {
  readonly remoteAddress: string;
  readonly remotePort = 1;
  isDestroyed = false;
  onDestroy: () => void = () => undefined;
  constructor(remoteAddress = "10.0.0.1") {
    this.remoteAddress = remoteAddress;
  }
  write(): boolean {
    return true;
  }
  pause(): void {
    throw new Error("not expected");
  }
  resume(): void {
    throw new Error("not expected");
  }
  end(): void {
    this.destroy();
  }
  destroy(): void {
    this.isDestroyed = true;
    this.onDestroy();
  }
}

/** Keeps what comes, as text. */
const plain: Protocol = (_, selected) => {
  const at = got.push("") - 1;
  settle = selected.settled;
  return {
    onData: (bytes) => {
      got[at] += bytes.toString("latin1");
    },
    onDrain: () => {
      got[at] += "<drain>";
    },
    onClose: () => {
      got[at] += "<close>";
    },
  };
};

/** Stands for TLS: what comes is to be turned around bit by bit, and is selected again. */
const wrapped: Protocol = (connection, selected) => {
  const inner = selected.select(connection);
  return { ...forward(inner), onData: (bytes) => inner.onData(Buffer.from(bytes.map((byte) => byte ^ 0xff))) };
};
const forward = (to: StreamHandlers): StreamHandlers => ({
  onData: (bytes) => to.onData(bytes),
  onDrain: () => to.onDrain(),
  onClose: (error) => to.onClose(error),
});
const turned = (text: string) => Buffer.from(Buffer.from(text, "latin1").map((byte) => byte ^ 0xff));

function selector(limits: Partial<SelectorLimits> = {}): Selector {
  const protocols = new Map([
    [7, plain],
    [3, wrapped],
  ]);
  return new Selector({ protocols, clock, logger, limits });
}

function accept(on: Selector, address?: string): { connection: FakeConnection; handlers: StreamHandlers } {
  const connection = new FakeConnection(address);
  const handlers = on.accept(connection);
  connection.onDestroy = () => handlers.onClose();
  return { connection, handlers };
}

describe("the first byte", () => {
  test("says who gets the connection, with all that follows, in the same chunk or later", () => {
    const { handlers } = accept(selector());
    handlers.onData(Buffer.from([7]));
    handlers.onData(Buffer.from("ab"));
    handlers.onDrain();
    handlers.onClose();
    accept(selector()).handlers.onData(Buffer.from("\u0007xy", "latin1"));
    expect(got).toEqual(["ab<drain><close>", "xy"]);
  });

  test("that nobody speaks closes the connection, with one line for each address in a while", () => {
    const on = selector();
    for (const address of ["10.0.0.1", "10.0.0.1", "10.0.0.2"]) {
      const { connection, handlers } = accept(on, address);
      handlers.onData(Buffer.from("GET / HTTP/1.1"));
      handlers.onData(Buffer.from("\u0007"));
      expect(connection.isDestroyed).toBe(true);
    }
    expect(got).toEqual([]);
    expect(logger.lines.map(({ fields }) => fields)).toEqual(
      ["10.0.0.1", "10.0.0.2"].map((address) => ({
        address,
        why: "nothing here speaks what its first byte, 71, asks for",
      })),
    );
  });

  test("may lead to a wrapping, within which a first byte selects again, but only once", () => {
    const { handlers } = accept(selector());
    handlers.onData(Buffer.from([3]));
    handlers.onData(turned("\u0007hello"));
    expect(got).toEqual(["hello"]);
    const twice = accept(selector());
    twice.handlers.onData(Buffer.from([3]));
    twice.handlers.onData(turned("\u0003"));
    twice.handlers.onData(Buffer.from("\u0007no"));
    expect(twice.connection.isDestroyed).toBe(true);
    expect(got).toEqual(["hello"]);
  });
});

describe("limits", () => {
  test("a connection has five seconds until its protocol calls it settled", () => {
    const on = selector();
    const [silent, half, settled] = [accept(on), accept(on), accept(on)];
    half.handlers.onData(Buffer.from([7, 65]));
    settled.handlers.onData(Buffer.from([7, 65]));
    settle?.();
    clock.advance(4999);
    expect([silent, half, settled].map(({ connection }) => connection.isDestroyed)).toEqual([false, false, false]);
    clock.advance(1);
    expect([silent, half, settled].map(({ connection }) => connection.isDestroyed)).toEqual([true, true, false]);
    expect(clock.pendingMs).toEqual([]);
  });

  test("only so many of one address, and of all, may be unsettled; settled or closed ones make room", () => {
    const on = selector({ unsettledOfOneMax: 2, unsettledMax: 3 });
    const first = accept(on, "a");
    const second = accept(on, "a");
    expect(accept(on, "a").connection.isDestroyed).toBe(true);
    accept(on, "b");
    expect(accept(on, "c").connection.isDestroyed).toBe(true);
    first.handlers.onData(Buffer.from([7]));
    settle?.();
    settle?.();
    expect(accept(on, "a").connection.isDestroyed).toBe(false);
    expect(accept(on, "c").connection.isDestroyed).toBe(true);
    second.connection.destroy();
    expect(accept(on, "c").connection.isDestroyed).toBe(false);
  });

  test("one address has only so many connections", () => {
    const on = selector({ connectionsOfOneMax: 2 });
    const all = [1, 2, 3].map(() => {
      const each = accept(on, "a");
      each.handlers.onData(Buffer.from([7]));
      settle?.();
      return each;
    });
    expect(all.map(({ connection }) => connection.isDestroyed)).toEqual([false, false, true]);
    all[0]?.connection.destroy();
    expect(accept(on, "a").connection.isDestroyed).toBe(false);
  });
});
