import { describe, expect, test } from "bun:test";
import { decode, encode, type Packet } from "dns-packet";
import { Mdns } from "../../../../src/agent/discovery/mdns.ts";
import type { MulticastPort } from "../../../../src/ports/multicast.ts";
import { failureOf } from "../../../support/failure-of.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";

const PORT = 5353;
const SERVICE = { service: "_muster._tcp", domain: "local", timeoutMs: 5000 };

/** A link that brings what one sends to all, the sender too. */
class Link {
  readonly #members = new Set<(bytes: Uint8Array, address: string, port: number) => void>();
  readonly packets: Packet[] = [];
  readonly unicast: { packet: Packet; address: string; port: number }[] = [];
  isDown = false;

  say(bytes: Uint8Array, address = "10.0.0.99", port = PORT): void {
    for (const member of this.#members) member(bytes, address, port);
  }

  port(address: string): MulticastPort {
    return {
      port: PORT,
      open: (onMessage) => {
        if (this.isDown) return Promise.reject(new Error("no interface takes part in multicast DNS"));
        this.#members.add(onMessage);
        return Promise.resolve({
          send: (bytes) => {
            this.packets.push(decode(Buffer.from(bytes)));
            this.say(bytes, address);
          },
          sendTo: (bytes, to, port) =>
            void this.unicast.push({ packet: decode(Buffer.from(bytes)), address: to, port }),
          close: () => void this.#members.delete(onMessage),
        });
      },
    };
  }

  get size(): number {
    return this.#members.size;
  }
}

function rig() {
  const [clock, link, log] = [new ManualClock(), new Link(), new RecordingLogger()];
  const random = { uuid: () => "", float: () => 0 };
  const node = (address: string) => new Mdns({ multicast: link.port(address), clock, random, log });
  const pass = async (ms: number) => {
    clock.advance(ms);
    await settle();
  };
  const announced = (instance: string, ...addresses: string[]) => {
    const made = node(addresses[0] ?? "");
    return made.announce({ service: "_muster._tcp.local", instance, port: 8301, addresses, text: ["dc=dc1"] });
  };
  return { clock, link, node, pass, announced, log };
}

describe("a search", () => {
  test("finds who announces the service, and ends a second after the first answer", async () => {
    const { node, pass, announced } = rig();
    await announced("a", "10.0.0.1", "fd00::1");
    await announced("b", "10.0.0.2");
    const found = node("10.0.0.3").find(SERVICE);
    await settle();
    await pass(20);
    await pass(1000);
    expect((await found).map(({ address, port }) => `${address} ${port}`).sort()).toEqual([
      "10.0.0.1 8301",
      "10.0.0.2 8301",
      "fd00::1 8301",
    ]);
  });

  test("asks several times and ends with nothing when nobody answers", async () => {
    const { node, pass, link, clock } = rig();
    const found = node("10.0.0.3").find(SERVICE);
    await settle();
    await pass(5000);
    expect(await found).toEqual([]);
    expect(link.packets.map(({ type }) => type)).toEqual(["query", "query", "query", "query"]);
    expect(clock.pendingMs).toEqual([]);
  });

  test("asks for what an answer left out", async () => {
    const { node, pass, link } = rig();
    const found = node("10.0.0.3").find(SERVICE);
    await settle();
    const name = "x._muster._tcp.local";
    link.say(encode({ type: "response", answers: [{ type: "PTR", name: "_muster._tcp.local", data: name }] }));
    await pass(250);
    expect(link.packets.at(-1)?.questions).toMatchObject([{ type: "PTR" }, { type: "SRV", name }]);
    link.say(encode({ type: "response", answers: [{ type: "SRV", name, data: { port: 77, target: "H.local" } }] }));
    await pass(750);
    expect(link.packets.at(-1)?.questions).toMatchObject([
      { type: "PTR" },
      { type: "A", name: "h.local" },
      { type: "AAAA" },
    ]);
    link.say(encode({ type: "response", answers: [{ type: "A", name: "h.local", data: "10.0.0.9" }] }));
    await pass(1000);
    expect(await found).toEqual([{ address: "10.0.0.9", port: 77 }]);
  });

  test("is not led astray by other services, refuse and floods", async () => {
    const { node, pass, link } = rig();
    const found = node("10.0.0.3").find(SERVICE);
    await settle();
    link.say(new Uint8Array([1, 2, 3]));
    link.say(
      encode({ type: "response", answers: [{ type: "PTR", name: "_other._tcp.local", data: "y._other._tcp.local" }] }),
    );
    for (let at = 0; at < 1000; at++) {
      const name = `n${at}._muster._tcp.local`;
      link.say(
        encode({
          type: "response",
          answers: [
            { type: "PTR", name: "_muster._tcp.local", data: name },
            { type: "SRV", name, data: { port: 1, target: name } },
            { type: "A", name, data: `10.1.${at >> 8}.${at & 255}` },
          ],
        }),
      );
    }
    await pass(5000);
    expect(await found).toHaveLength(256);
  });

  test("ends when the node stops, and rejects when there is no network to ask; the next one tries anew", async () => {
    const { node, link } = rig();
    const closing = node("10.0.0.3");
    const found = closing.find(SERVICE);
    await settle();
    closing.close();
    expect(await found).toEqual([]);
    await settle();
    expect(link.size).toBe(0);
    link.isDown = true;
    const later = node("10.0.0.4");
    expect((await failureOf(later.find(SERVICE))).message).toContain("no interface");
    link.isDown = false;
    void later.find(SERVICE);
    await settle();
    expect(link.size).toBe(1);
  });
});

describe("an announced service", () => {
  const ask = (name: string, type: "PTR" | "SRV" = "PTR") =>
    encode({ type: "query", id: 7, questions: [{ type, name }] });

  test("is told at once, and again to who asks for it, after a moment and once for several", async () => {
    const { announced, link, pass } = rig();
    await announced("a", "10.0.0.1");
    expect(link.packets).toHaveLength(1);
    link.say(ask("_MUSTER._tcp.local"));
    link.say(ask("a._muster._tcp.local", "SRV"));
    expect(link.packets).toHaveLength(1);
    await pass(20);
    expect(link.packets).toHaveLength(2);
    const [, { answers, additionals } = {}] = link.packets;
    expect(answers).toMatchObject([{ type: "PTR", name: "_muster._tcp.local", data: "a._muster._tcp.local" }]);
    expect(additionals).toMatchObject([
      { type: "SRV", data: { port: 8301, target: "a._muster._tcp.local" } },
      { type: "TXT" },
      { type: "A", data: "10.0.0.1" },
    ]);
  });

  test("is told to a plain DNS client by itself, with its id and question", async () => {
    const { announced, link } = rig();
    await announced("a", "10.0.0.1");
    link.say(ask("_muster._tcp.local"), "10.0.0.50", 40_000);
    await settle();
    expect(link.packets).toHaveLength(1);
    expect(link.unicast).toMatchObject([
      { address: "10.0.0.50", port: 40_000, packet: { id: 7, questions: [{ type: "PTR" }], answers: [{ ttl: 10 }] } },
    ]);
  });

  test("is not told to who asks for another, nor without end", async () => {
    const { announced, link, pass } = rig();
    await announced("a", "10.0.0.1");
    link.say(ask("_http._tcp.local"));
    await pass(200);
    expect(link.packets).toHaveLength(1);
    for (let at = 0; at < 100; at++) link.say(ask("_muster._tcp.local"), "10.0.0.50", 40_000);
    await settle();
    expect(link.unicast).toHaveLength(20);
    await pass(1000);
    link.say(ask("_muster._tcp.local"), "10.0.0.50", 40_000);
    await settle();
    expect(link.unicast).toHaveLength(21);
  });
});
