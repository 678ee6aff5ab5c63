import { describe, expect, test } from "bun:test";
import { Discovery, type DiscoveryDeps } from "../../../../src/agent/discovery/discovery.ts";
import type { Announcement } from "../../../../src/agent/discovery/mdns-packet.ts";
import { parseJoinTarget } from "../../../../src/config/join-target.ts";
import type { ProcessRequest } from "../../../../src/ports/process.ts";
import { failureOf } from "../../../support/failure-of.ts";

function rig(more: Partial<DiscoveryDeps> = {}, program = { text: "", exitCode: 0 as number | null, timedOut: false }) {
  const announced: Announcement[] = [];
  const discovery = new Discovery({
    lookup: () => Promise.resolve(["10.0.0.1", "fd00::1"]),
    bindAddr: "0.0.0.0",
    self: { name: "edge.1", datacenter: "home", port: 8401, addresses: ["10.0.0.9"] },
    mdns: {
      announce: (announcement) => {
        announced.push(announcement);
        return Promise.resolve();
      },
      find: () => Promise.resolve([{ address: "10.0.0.7", port: 8301 }]),
      close: () => undefined,
    },
    processes: {
      run({ onOutput }: ProcessRequest, signal) {
        signal.throwIfAborted();
        onOutput(new TextEncoder().encode(program.text));
        return Promise.resolve(program);
      },
    },
    ...more,
  });
  const resolve = (text: string) => discovery.resolve(parseJoinTarget(text, 8301));
  return { discovery, announced, resolve };
}

describe("targets are resolved", () => {
  test("to addresses of the families that the node listens on", async () => {
    const addresses = async (bindAddr: string) =>
      (await rig({ bindAddr }).resolve("name")).map(({ address }) => address);
    expect(await addresses("0.0.0.0")).toEqual(["10.0.0.1"]);
    expect(await addresses("10.0.0.9")).toEqual(["10.0.0.1"]);
    expect(await addresses("::")).toEqual(["10.0.0.1", "fd00::1"]);
    expect(await addresses("fd00::9")).toEqual(["fd00::1"]);
  });

  test("by the local network and by programs", async () => {
    expect(await rig().resolve("provider=mdns service=x")).toEqual([{ address: "10.0.0.7", port: 8301 }]);
    const program = { text: "10.0.0.3\n10.0.0.4:99\n", exitCode: 0, timedOut: false };
    expect(await rig({}, program).resolve("exec=/bin/find")).toEqual([
      { address: "10.0.0.3", port: 8301 },
      { address: "10.0.0.4", port: 99 },
    ]);
  });

  test("not by a program that fails, takes too long, or that nobody waits for any more", async () => {
    const failed = rig({}, { text: "no credentials\nmore", exitCode: 3, timedOut: false });
    expect((await failureOf(failed.resolve("exec=f"))).message).toBe("f ended with 3: no credentials");
    const slow = rig({}, { text: "", exitCode: null, timedOut: true });
    expect((await failureOf(slow.resolve("exec=f"))).message).toBe("f took more than 30 s");
    const stopped = rig();
    stopped.discovery.close();
    expect((await failureOf(stopped.resolve("exec=f"))).name).toBe("AbortError");
  });
});

test("who looks for others on the local network is announced there, once for each service", async () => {
  const { discovery, announced } = rig();
  await discovery.announce(["10.0.0.1", "provider=mdns service=_m._tcp", "provider=mdns service=_m._tcp v6=false"]);
  expect(announced).toEqual([
    { service: "_m._tcp.local", instance: "edge-1", port: 8401, addresses: ["10.0.0.9"], text: ["dc=home"] },
  ]);
});
