import { expect, test } from "bun:test";
import { notYetWarnings } from "../../../src/app/not-yet.ts";
import { configOf } from "../config/fixture.ts";

test("access control that would not be there is refused", () => {
  expect(() => notYetWarnings(configOf("server = true bootstrap = true acl { enabled = true }"))).toThrow(
    "this version of Muster has no access control, and acl.enabled is true",
  );
});

test("a client is refused, with what to start instead", () => {
  expect(() => notYetWarnings(configOf("server = false"))).toThrow(
    "this version of Muster has no client agents: give -server and -bootstrap-expect=1",
  );
});

test("one of several servers is refused: each would be a registry of its own", () => {
  expect(() => notYetWarnings(configOf("server = true bootstrap_expect = 3"))).toThrow("bootstrap_expect is 3");
});

test("nodes to join are named as not asked; without any there is nothing to say", () => {
  const config = configOf('server = true bootstrap = true retry_join = ["10.0.0.9"] start_join_wan = ["10.1.0.9"]');
  expect(notYetWarnings(config)).toEqual([
    "this version of Muster runs one server and joins no others: 10.1.0.9, 10.0.0.9 will not be asked",
  ]);
  expect(notYetWarnings(configOf("server = true bootstrap = true"))).toEqual([]);
});
