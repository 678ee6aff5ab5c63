import { expect } from "bun:test";
import { Refusal } from "../../../src/lib/refusal.ts";
import type { StreamConnection, StreamHandlers } from "../../../src/ports/stream.ts";
import { FrameDecoder, type FrameKind } from "../../../src/rpc/frame.ts";
import type { GuestHello } from "../../../src/rpc/guest-hello.ts";
import { type GuestHost, GuestLink } from "../../../src/rpc/guest-link.ts";
import { ManualClock } from "../manual-clock.ts";
import { silentLogger } from "../silent.ts";

/** The server's end of one guest's connection, with the test as the guest. */
export class GuestRig implements StreamConnection {
  static readonly hello: GuestHello = {
    ...{ nodeId: "g", nodeName: "name-g", datacenter: "dc1", role: "client", version: "0.1.0", server: "s" },
  };
  readonly remoteAddress = "::1";
  readonly remotePort = 8300;
  readonly clock = new ManualClock();
  readonly link: GuestLink & StreamHandlers;
  readonly load = { served: 0 };
  readonly sent: FrameKind[] = [];
  readonly endings: { why: string; isFault: boolean }[] = [];
  readonly #decoder = new FrameDecoder((kind) => {
    this.sent.push(kind);
    return true;
  });

  constructor() {
    const host: GuestHost = {
      clock: this.clock,
      logger: silentLogger,
      load: this.load,
      methods: {
        echo: async (argument) => argument,
        never: (_, __, signal) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("nobody waits")))),
        refuse: () => Promise.reject(new Refusal("Permission denied", 403)),
        async big(_, guest) {
          await guest.room();
          return new Uint8Array(400_000);
        },
      },
      hello: () => ({ nodeId: "s", nodeName: "name-s", datacenter: "dc1", version: "0.1.0" }),
      judge: (guest) => (guest.server === "s" ? undefined : { code: "other", text: "another" }),
      refuse: () => undefined,
      onUp: () => undefined,
      onEnded: (_, ending) => void this.endings.push(ending),
    };
    this.link = new GuestLink(host, this);
  }

  write(bytes: Uint8Array): boolean {
    expect(this.#decoder.push(Buffer.from(bytes))).toBeUndefined();
    return true;
  }
  pause(): void {
    throw new Error("not expected");
  }
  resume(): void {
    throw new Error("not expected");
  }
  end(): void {
    return;
  }
  destroy(): void {
    return;
  }
}
