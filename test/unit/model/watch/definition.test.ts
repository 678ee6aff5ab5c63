import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readWatches } from "../../../../src/model/watch/definition.ts";

const read = (watch: Record<string, unknown>) => readWatches([watch])[0];
const KEY = { type: "key", key: "a" };
const ARGS = ["true", "x"];
const httpOf = (config: unknown) => ({ ...KEY, handler_type: "http", http_handler_config: config });
const shown = (left: string, why: string) => `Failed to parse watch (map[string]interface {}{${left}}): ${why}`;
const SHOWN_ARGS = '"args":[]interface {}{"true", "x"}';

describe("what Consul 1.8.7 refuses at its start, in its words (observed)", () => {
  test.each([
    [{ args: ["true"] }, shown('"args":"true", "handler_type":"script"', "Watch type must be specified")],
    [{ type: "bogus", args: ["true"] }, shown('"args":"true"', "Unsupported watch type: bogus")],
    [
      { type: 1, args: ARGS },
      shown(`${SHOWN_ARGS}, "handler_type":"script", "type":1`, "Expecting type to be a string"),
    ],
    [{ type: "key", args: ARGS }, shown(SHOWN_ARGS, "Must specify a single key to watch")],
    [{ type: "key", key: 1, args: ARGS }, shown(`${SHOWN_ARGS}, "key":1`, "Expecting key to be a string")],
    [{ type: "keyprefix", args: ARGS }, shown(SHOWN_ARGS, "Must specify a single prefix to watch")],
    [{ type: "service", args: ARGS }, shown(SHOWN_ARGS, "Must specify a single service to watch")],
    [{ type: "checks", service: "a", state: "b", args: ARGS }, shown(SHOWN_ARGS, "Cannot specify service and state")],
    [
      { type: "service", service: "a", tag: 1, args: ARGS },
      shown(`${SHOWN_ARGS}, "tag":1`, "Expecting tag to be a string or []string"),
    ],
    [
      { type: "service", service: "a", tag: ["a", 1], args: ARGS },
      shown(`${SHOWN_ARGS}, "tag":[]interface {}{"a", 1}`, "Index 1 of tag expected to be string"),
    ],
    [
      { type: "service", service: "a", passingonly: "x", args: ARGS },
      shown(`${SHOWN_ARGS}, "passingonly":"x"`, "Expecting passingonly to be a boolean"),
    ],
    [
      { ...KEY, stale: "x", args: ARGS },
      shown(`${SHOWN_ARGS}, "key":"a", "stale":"x"`, "Expecting stale to be a boolean"),
    ],
    [{ ...KEY, foo: 1, zoo: 2, args: ARGS }, shown('"foo":1, "zoo":2', "Invalid parameters: [foo zoo]")],
    [
      { type: "nodes", args: ["a"], bad: { b: ["c"], a: -0.5 } },
      shown('"bad":map[string]interface {}{"a":-0.5, "b":[]interface {}{"c"}}', "Invalid parameters: [bad]"),
    ],
    [{ type: "event", service: "x", args: ARGS }, shown('"service":"x"', "Invalid parameters: [service]")],
    [
      { type: "agent_service", service_id: 1, args: ["true"] },
      shown('"args":"true", "service_id":1', "Expecting service_id to be a string"),
    ],
    [KEY, "Must define a watch handler"],
    [{ ...KEY, args: ARGS, handler: "true" }, "Only one watch handler allowed"],
    [{ ...KEY, handler: 1 }, "Watch handler must be a string"],
    [{ ...KEY, args: [1] }, "Watch args must be a list of strings"],
    [{ ...KEY, args: null }, "Watch args must be a list of strings"],
    [{ ...KEY, handler_type: "bogus", args: ARGS }, "Handler type 'bogus' not recognized"],
    [{ type: "connect_roots", args: ARGS }, "Watch type connect_roots is not allowed in agent config"],
    [{ type: "connect_leaf", service: "a", args: ARGS }, "Watch type connect_leaf is not allowed in agent config"],
    [
      { ...KEY, handler_type: "http" },
      shown('"key":"a"', "Handler type 'http' requires 'http_handler_config' to be set"),
    ],
    [{ ...httpOf({ path: "http://x" }), args: ARGS }, "Only one watch handler allowed"],
    [
      { ...KEY, http_handler_config: { path: "http://x" } },
      shown(
        '"http_handler_config":map[string]interface {}{"path":"http://x"}',
        "Invalid parameters: [http_handler_config]",
      ),
    ],
    [
      httpOf({}),
      shown(
        '"http_handler_config":map[string]interface {}{}, "key":"a"',
        "Failed to parse 'http_handler_config': Requires 'path' to be set",
      ),
    ],
    [
      httpOf({ path: "http://x", timeout: "abc" }),
      shown(
        '"http_handler_config":map[string]interface {}{"path":"http://x", "timeout":"abc"}, "key":"a"',
        "Failed to parse 'http_handler_config': Failed to parse timeout: time: invalid duration \"abc\"",
      ),
    ],
    [
      httpOf("x"),
      shown(
        '"http_handler_config":"x", "key":"a"',
        "Failed to parse 'http_handler_config': '' expected a map, got 'string'",
      ),
    ],
    [
      httpOf({ path: 1, method: 2, tls_skip_verify: "x", header: 1 }),
      shown(
        '"http_handler_config":map[string]interface {}{"header":1, "method":2, "path":1, "tls_skip_verify":"x"}, "key":"a"',
        "Failed to parse 'http_handler_config': 4 error(s) decoding:\n\n* 'header' expected a map, got 'float64'\n" +
          "* 'method' expected type 'string', got unconvertible type 'float64'\n" +
          "* 'path' expected type 'string', got unconvertible type 'float64'\n" +
          "* 'tls_skip_verify' expected type 'bool', got unconvertible type 'string'",
      ),
    ],
  ] as const)("%j", (watch, text) => {
    expect(() => read(watch)).toThrow(new Error(text));
  });

  test("what may be a secret is not shown", () => {
    const header = { Authorization: ["Bearer s3cret"] };
    const bad = { ...httpOf({ path: "http://x", header, timeout: "abc" }), token: "s3cret" };
    expect(() => read(bad)).toThrow('"header":"<hidden>"');
    expect(() => read({ ...KEY, token: "s3cret", datacenter: 1, args: ARGS })).toThrow('"token":"<hidden>"');
    expect(() => read(bad)).not.toThrow("s3cret");
  });
});

describe("what is taken", () => {
  test("a program with its arguments, a line for a shell, or a URL with its defaults", () => {
    expect(read({ ...KEY, args: ARGS })?.handler).toEqual({ kind: "script", command: ARGS, timeoutMs: undefined });
    expect(read({ ...KEY, args: "one word" })?.handler).toMatchObject({ command: ["one word"] });
    expect(read({ ...KEY, handler: "a | b", timeout: "1.5s" })?.handler).toEqual({
      ...{ kind: "script", command: "a | b", timeoutMs: 1500 },
    });
    const http = { kind: "http", url: "http://x", method: "POST", timeoutMs: 10_000, header: {}, skipVerify: false };
    expect(read(httpOf({ Path: "http://x", unknown: 1 }))?.handler).toEqual(http as never);
  });

  test("`filter` of Consul 1.15, and `stale`", () => {
    const { question } = read({ type: "services", filter: "ServiceName == web", stale: true, args: ARGS }) ?? {};
    expect(question?.query).toEqual({ filter: "ServiceName == web", stale: "" });
  });

  test("equal definitions have one identity however they are written; the subject leaves the token out", () => {
    const [first, second] = readWatches([
      { type: "key", key: "a", args: ARGS, token: "one" },
      { args: ARGS, token: "two", key: ["a"], type: "key" },
    ]);
    expect(first?.identity).not.toBe(second?.identity ?? "");
    expect(first?.subject).toBe(second?.subject ?? "");
    expect(first?.subject).not.toContain("one");
  });

  test("more than a thousand are refused", () => {
    expect(() => readWatches(Array.from({ length: 1025 }, () => ({ ...KEY, args: ARGS })))).toThrow(
      "1024 are the most",
    );
  });

  test("anything is taken or refused with an Error", () => {
    const names = fc.constantFrom(
      "type",
      "key",
      "args",
      "handler",
      "handler_type",
      "http_handler_config",
      "tag",
      "timeout",
    );
    const values = fc.oneof(fc.constantFrom("key", "service", "http", "script", "1s"), fc.jsonValue());
    fc.assert(
      fc.property(fc.dictionary(names, values), (watch) => {
        try {
          read(watch);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect(error).not.toBeInstanceOf(TypeError);
        }
      }),
    );
  });
});
