import { expect } from "bun:test";
import type { StreamConnection, StreamHandlers } from "../../../src/ports/stream.ts";
import type { Message } from "../../../src/raft/core/messages.ts";
import { FrameDecoder, type FrameKind, PIECE_OVERHEAD_BYTES, writePiece } from "../../../src/rpc/frame.ts";
import type { Refused } from "../../../src/rpc/hello.ts";
import { type Ending, Link, type LinkHost, type Side } from "../../../src/rpc/link.ts";
import { LANE_LIMITS } from "../../../src/rpc/outbox.ts";
import { ManualClock, settle } from "../manual-clock.ts";
import { silentLogger } from "../silent.ts";
import { helloOf } from "./hello.ts";

/** One link of server "a", with the test as the other end. */
export class LinkRig implements StreamConnection {
  readonly remoteAddress = "::1";
  readonly remotePort = 8300;
  readonly clock = new ManualClock();
  readonly link: Link & StreamHandlers;
  readonly sent: { kind: FrameKind; payload: string }[] = [];
  readonly messages: Message[] = [];
  readonly events: string[] = [];
  ending: Ending | undefined;
  verdict: Refused | undefined;
  isEnded = false;
  isDestroyed = false;
  readonly #decoder = new FrameDecoder((kind, payload) => {
    this.sent.push({ kind, payload: payload.toString() });
    return true;
  });

  constructor(side: Side) {
    const host: LinkHost = {
      clock: this.clock,
      logger: silentLogger,
      methods: { echo: async (argument) => argument },
      laneLimits: LANE_LIMITS,
      nodeId: "a",
      introduction: () => ({ instance: "i-a", hello: helloOf("a") }),
      judge: () => this.verdict,
      onUp: () => void this.events.push("up"),
      onHello: () => void this.events.push("hello"),
      onMessage: (message) => void this.messages.push(message),
      onEnded: (_, ending) => {
        this.events.push("ended");
        this.ending = ending;
      },
    };
    this.link = new Link(host, this, side);
  }

  write(bytes: Uint8Array): boolean {
    expect(this.#decoder.push(Buffer.from(bytes))).toBeUndefined();
    return true;
  }
  pause(): void {
    this.events.push("pause");
  }
  resume(): void {
    this.events.push("resume");
  }
  end(): void {
    this.isEnded = true;
  }
  destroy(): void {
    this.isDestroyed = true;
  }

  get kinds(): string {
    return this.sent.map(({ kind }) => kind).join(" ");
  }

  /** The other end says these frames in one chunk. */
  async say(...frames: [FrameKind, (Uint8Array | string)?][]): Promise<void> {
    this.link.onData(Buffer.concat(frames.map(([kind, payload = ""]) => frameOf(kind, Buffer.from(payload)))));
    await settle();
  }
}

/** A frame of one piece. */
export function frameOf(kind: FrameKind, payload: Uint8Array): Buffer {
  const out = Buffer.alloc(payload.length + PIECE_OVERHEAD_BYTES);
  writePiece(out, 0, kind, payload, false);
  return out;
}
