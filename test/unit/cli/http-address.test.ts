import { describe, expect, test } from "bun:test";
import { encodeQuery, escapePath, parseHttpAddress } from "../../../src/cli/http-address.ts";

describe("-http-addr", () => {
  test.each([
    ["10.0.0.1:8500", false, { scheme: "http", host: "10.0.0.1:8500", unixPath: undefined }],
    ["10.0.0.1:8501", true, { scheme: "https", host: "10.0.0.1:8501", unixPath: undefined }],
    ["http://[::1]:8500", false, { scheme: "http", host: "[::1]:8500", unixPath: undefined }],
    ["http://h:1", true, { scheme: "https", host: "h:1", unixPath: undefined }],
    ["https://h:1", false, { scheme: "https", host: "h:1", unixPath: undefined }],
    ["unix:///run/a.sock", true, { scheme: "http", host: "/run/a.sock", unixPath: "/run/a.sock" }],
  ] as const)("%s with CONSUL_HTTP_SSL=%p", (text, useTls, address) => {
    expect(parseHttpAddress(text, useTls)).toEqual(address);
  });

  test("any other scheme is refused by its name", () => {
    expect(() => parseHttpAddress("ftp://x", false)).toThrow("Unknown protocol scheme: ftp");
  });
});

test("paths are escaped as Go does: only what would end or split them, and what is not ASCII", () => {
  expect(escapePath("/v1/kv/a b/é%?#!'()*:@&=+$,;")).toBe("/v1/kv/a%20b/%C3%A9%25%3F%23%21%27%28%29%2A:@&=+$,;");
});

test("queries are sorted, a space is +, a list repeats its key, undefined is left out", () => {
  expect(encodeQuery({ tag: ["b", "a"], dc: "x y", stale: "", near: undefined, filter: "a==(b)*" })).toBe(
    "dc=x+y&filter=a%3D%3D%28b%29%2A&stale=&tag=b&tag=a",
  );
});
