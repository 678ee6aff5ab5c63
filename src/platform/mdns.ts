import { createSocket, type Socket } from "node:dgram";
import type { InterfaceAddress } from "../config/addresses.ts";
import type { MulticastPort, MulticastSocket } from "../ports/multicast.ts";

const GROUPS = { udp4: "224.0.0.251", udp6: "ff02::fb" } as const;
const MDNS_PORT = 5353;
/** RFC 6762: packets that went through a router are not of this network. */
const TTL = 255;
const INTERFACES_MAX = 16;

type Kind = keyof typeof GROUPS;
interface Interface {
  readonly kind: Kind;
  /** What selects it: an IPv4 address of it, or its name as a zone. */
  readonly selector: string;
}

/** The group on all interfaces of `interfaces`, beside whoever else on this machine is in it (avahi, systemd-resolved). */
export function multicastDns(interfaces: () => readonly InterfaceAddress[], port = MDNS_PORT): MulticastPort {
  return {
    port,
    async open(onMessage) {
      const wanted = usableInterfaces(interfaces());
      const opened = await Promise.allSettled(wanted.map((each) => openOne(each, port, onMessage)));
      const sockets = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      if (sockets.length === 0) throw new Error(`no interface takes part in multicast DNS: ${whyNone(opened)}`);
      return groupOf(sockets, port);
    },
  };
}

function whyNone(opened: readonly PromiseSettledResult<unknown>[]): string {
  const failure = opened.find((result) => result.status === "rejected");
  return failure === undefined ? "there is none with multicast that is up" : String(failure.reason);
}

/** One of each family for each interface that can do multicast. */
export function usableInterfaces(addresses: readonly InterfaceAddress[]): Interface[] {
  const found = new Map<string, Interface>();
  for (const each of addresses) {
    const isLoopback = each.flags?.includes("loopback") ?? each.address.startsWith("127.");
    if (!each.up || isLoopback || !(each.flags?.includes("multicast") ?? true)) continue;
    const isV4 = !each.address.includes(":");
    const key = `${each.interface} ${isV4}`;
    const made: Interface = isV4
      ? { kind: "udp4", selector: each.address }
      : { kind: "udp6", selector: `::%${each.interface}` };
    if (!found.has(key)) found.set(key, made);
  }
  return [...found.values()].slice(0, INTERFACES_MAX);
}

interface Opened {
  readonly kind: Kind;
  readonly socket: Socket;
}

type OnMessage = (bytes: Uint8Array, address: string, port: number) => void;

function openOne({ kind, selector }: Interface, port: number, onMessage: OnMessage): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: kind, reuseAddr: true, ...(kind === "udp6" && { ipv6Only: true }) });
    const fail = (error: unknown) => {
      socket.close();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    socket.once("error", fail);
    socket.on("message", (bytes, from) => onMessage(bytes, from.address, from.port));
    socket.bind({ port, address: kind === "udp4" ? "0.0.0.0" : "::" }, () => {
      try {
        socket.addMembership(GROUPS[kind], selector);
        socket.setMulticastInterface(selector);
        socket.setMulticastTTL(TTL);
        // Others on this machine may listen.
        socket.setMulticastLoopback(true);
      } catch (error) {
        fail(error);
        return;
      }
      socket.off("error", fail);
      // The interface went away, or nobody was there: it is asked again.
      socket.on("error", () => undefined);
      resolve({ kind, socket });
    });
  });
}

function groupOf(sockets: readonly Opened[], port: number): MulticastSocket {
  return {
    send(bytes) {
      for (const { kind, socket } of sockets) trySend(socket, bytes, port, GROUPS[kind]);
    },
    sendTo(bytes, address, to) {
      const kind = address.includes(":") ? "udp6" : "udp4";
      const found = sockets.find((each) => each.kind === kind);
      if (found !== undefined) trySend(found.socket, bytes, to, address);
    },
    close() {
      for (const { socket } of sockets) socket.close();
    },
  };
}

function trySend(socket: Socket, bytes: Uint8Array, port: number, address: string): void {
  socket.send(bytes, port, address, () => undefined);
}
