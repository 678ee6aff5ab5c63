import { expect, test } from "bun:test";
import { parseJoinAddress } from "../../../../src/server/join/addresses.ts";

test.each([
  ["10.0.0.1", "10.0.0.1", 8300, false],
  ["server-1", "server-1", 8300, false],
  ["10.0.0.1:8400", "10.0.0.1", 8400, false],
  ["10.0.0.1:8301", "10.0.0.1", 8300, true],
  ["[fd00::1]:8300", "fd00::1", 8300, false],
  ["[fd00::1]", "fd00::1", 8300, false],
  ["fd00::1", "fd00::1", 8300, false],
])("%s is asked at %s port %d", (text, host, port, hadGossipPort) => {
  expect(parseJoinAddress(text)).toEqual({ host, port, hadGossipPort });
});

test.each(["", "a b", "a:0", "a:70000", "[::1", "provider=aws tag_key=x"])("%p is refused", (text) => {
  expect(() => parseJoinAddress(text)).toThrow();
});
