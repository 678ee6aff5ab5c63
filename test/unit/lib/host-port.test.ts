import { expect, test } from "bun:test";
import { formatHostPort, splitHostPort } from "../../../src/lib/host-port.ts";

test.each([
  ["127.0.0.1:8125", { host: "127.0.0.1", port: 8125 }],
  ["statsd.local:1", { host: "statsd.local", port: 1 }],
  ["[::1]:8125", { host: "::1", port: 8125 }],
])("%s is a host and a port", (text, parts) => {
  expect(splitHostPort(text)).toEqual(parts);
});

test.each(["", "host", "host:", ":8125", "::1:8125", "host:0", "host:65536", "[::1]", "a:b:1"])(
  "%p is no host and port",
  (text) => {
    expect(splitHostPort(text)).toBeUndefined();
  },
);

test.each([
  ["10.0.0.1", "10.0.0.1:80"],
  ["fd00::1", "[fd00::1]:80"],
])("%s and a port are one text", (host, text) => {
  expect(formatHostPort(host, 80)).toBe(text);
  expect(splitHostPort(text)).toEqual({ host, port: 80 });
});
