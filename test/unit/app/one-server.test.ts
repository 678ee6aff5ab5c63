import { expect, test } from "bun:test";
import { oneServerWarnings } from "../../../src/app/one-server.ts";
import { configOf } from "../config/fixture.ts";

test("a client is refused, with what to start instead", () => {
  expect(() => oneServerWarnings(configOf("server = false"))).toThrow(
    "this version of Muster has no client agents: give -server and -bootstrap-expect=1",
  );
});

test("one of several servers is refused: each would be a registry of its own", () => {
  expect(() => oneServerWarnings(configOf("server = true bootstrap_expect = 3"))).toThrow("bootstrap_expect is 3");
});

test("nodes to join are named as not asked; without any there is nothing to say", () => {
  const config = configOf('server = true bootstrap = true retry_join = ["10.0.0.9"] start_join_wan = ["10.1.0.9"]');
  expect(oneServerWarnings(config)).toEqual([
    "this version of Muster runs one server and joins no others: 10.1.0.9, 10.0.0.9 will not be asked",
  ]);
  expect(oneServerWarnings(configOf("server = true bootstrap = true"))).toEqual([]);
});
