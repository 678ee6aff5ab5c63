import { describe, expect, test } from "bun:test";
import { parseJoinTarget } from "../../../src/config/join-target.ts";
import { configOf } from "./fixture.ts";

const lan = (text: string) => parseJoinTarget(text, 8301);

describe("a host to join is", () => {
  const cases: [string, string, number][] = [
    ["web", "web", 8301],
    ["web.example.org:8401", "web.example.org", 8401],
    [" 10.0.0.1 ", "10.0.0.1", 8301],
    ["10.0.0.1:8300", "10.0.0.1", 8300],
    ["[fd00::1]:8401", "fd00::1", 8401],
    ["[fd00::1]", "fd00::1", 8301],
    ["fd00::1", "fd00::1", 8301],
    ["fe80::1%eth0", "fe80::1%eth0", 8301],
  ];
  for (const [text, host, port] of cases)
    test(text, () => expect(lan(text)).toEqual({ kind: "host", text: text.trim(), host, port }));
});

describe("provider=mdns asks the local network", () => {
  test("for a service, with go-discover's words and defaults", () => {
    expect(lan("provider=mdns service=_muster._tcp")).toMatchObject({
      kind: "mdns",
      service: "_muster._tcp",
      domain: "local",
      timeoutMs: 5000,
      v4: true,
      v6: true,
    });
    expect(lan('service="a b" domain=.home. timeout=2s v6=false provider=mdns')).toMatchObject({
      service: "a b",
      domain: "home",
      timeoutMs: 2000,
      v6: false,
    });
  });

  test("and is refused in go-discover's words", () => {
    expect(() => lan("provider=mdns")).toThrow("discover-mdns: Service record not provided");
    expect(() => lan("provider=mdns service=x timeout=y")).toThrow("discover-mdns: Failed to parse timeout");
    expect(() => lan("provider=mdns service=x v4=maybe")).toThrow("discover-mdns: Failed to parse v4");
    expect(() => lan("provider=mdns service=x service=y")).toThrow("service: duplicate key");
    expect(() => lan("provider=mdns service")).toThrow("write key=value");
  });
});

test("a program may print the addresses", () => {
  expect(lan("exec=discover -q addrs provider=aws tag_key=x")).toMatchObject({
    kind: "exec",
    command: ["discover", "-q", "addrs", "provider=aws", "tag_key=x"],
    port: 8301,
  });
  expect(() => lan("exec= ")).toThrow("names no program");
});

test("another provider is refused, and told how a program can stand in for it", () => {
  expect(() => lan('provider=aws tag_key="consul"')).toThrow(
    'discover: unknown provider aws: members are found by address, by DNS name, with provider=mdns, or by a program that prints addresses, such as go-discover\'s: "exec=discover -q addrs provider=aws tag_key=consul"',
  );
});

test("what is no address is refused", () => {
  for (const bad of ["", "a b", "http://x", "a:b", "a:99999", "a:0", "[::1", "[]:1"]) expect(() => lan(bad)).toThrow();
  expect(() => lan("x".repeat(5000))).toThrow("exceeds 4096 characters");
});

test("a configuration with an address that can't be joined does not start", () => {
  expect(() => configOf('retry_join = ["ok", "provider=gce"]')).toThrow("retry_join: discover: unknown provider gce");
  expect(() => configOf('start_join_wan = ["a b"]')).toThrow('start_join_wan: "a b" is not an address to join');
});
