import { describe, expect, test } from "bun:test";
import { type Finders, resolveTarget } from "../../../../src/agent/discovery/resolve.ts";
import { parseJoinTarget } from "../../../../src/config/join-target.ts";
import { failureOf } from "../../../support/failure-of.ts";

const FINDERS: Finders = {
  lookup: (host) =>
    host === "both"
      ? Promise.resolve(["10.0.0.1", "fd00::1"])
      : Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" })),
  mdns: () =>
    Promise.resolve([
      { address: "10.0.0.7", port: 8401 },
      { address: "fd00::7", port: 8401 },
    ]),
  output: (command) => Promise.resolve(command.join(" ")),
  reaches: () => true,
};

const resolve = (text: string, finders: Partial<Finders> = {}) =>
  resolveTarget(parseJoinTarget(text, 8301), { ...FINDERS, ...finders });

describe("a target stands for", () => {
  test("an address, which nobody is asked for", async () => {
    const lookup = () => Promise.reject(new Error("asked"));
    expect(await resolve("10.0.0.9:1", { lookup })).toEqual([{ address: "10.0.0.9", port: 1 }]);
    expect(await resolve("[fd00::9]", { lookup })).toEqual([{ address: "fd00::9", port: 8301 }]);
  });

  test("all addresses of a name, of both families", async () => {
    expect(await resolve("both:99")).toEqual([
      { address: "10.0.0.1", port: 99 },
      { address: "fd00::1", port: 99 },
    ]);
  });

  test("whom the local network names, of the families that are wanted; there may be nobody", async () => {
    expect(await resolve("provider=mdns service=x v6=false")).toEqual([{ address: "10.0.0.7", port: 8401 }]);
    expect(await resolve("provider=mdns service=x v4=false")).toEqual([{ address: "fd00::7", port: 8401 }]);
    expect(await resolve("provider=mdns service=x", { mdns: () => Promise.resolve([]) })).toEqual([]);
  });

  test("the addresses among the words of a program", async () => {
    expect(await resolve("exec=found: 10.0.0.3 [fd00::3]:99 name 10.0.0.4:77")).toEqual([
      { address: "10.0.0.3", port: 8301 },
      { address: "fd00::3", port: 99 },
      { address: "10.0.0.4", port: 77 },
    ]);
  });
});

test("addresses of a family that this node can't send to are left out", async () => {
  const reaches = (address: string) => !address.includes(":");
  expect(await resolve("both", { reaches })).toEqual([{ address: "10.0.0.1", port: 8301 }]);
  expect((await failureOf(resolve("[fd00::1]", { reaches }))).message).toBe(
    "[fd00::1]: none of its addresses is of a family that this node listens on",
  );
});

test("what can't be found is an error with its text", async () => {
  expect((await failureOf(resolve("nobody"))).message).toBe("Failed to resolve nobody: lookup nobody: no such host");
  expect((await failureOf(resolve("exec=echo nothing"))).message).toBe("exec=echo nothing: nothing was found");
});
