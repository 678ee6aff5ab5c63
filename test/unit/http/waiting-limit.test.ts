import { expect, test } from "bun:test";
import { WaitingLimit } from "../../../src/http/waiting-limit.ts";

const refusal = "too many waiting requests from this client: limits.http_max_conns_per_client is 1";

test("each address has its own share, and what ends is given back once", () => {
  const limit = new WaitingLimit(() => 1);
  const leave = limit.enter("10.0.0.1");
  expect(() => limit.enter("10.0.0.1")).toThrow(refusal);
  limit.enter("10.0.0.2");
  leave();
  limit.enter("10.0.0.1");
  expect(() => limit.enter("10.0.0.1")).toThrow(refusal);
});

test("callers on a unix socket are not counted: they all look alike", () => {
  const limit = new WaitingLimit(() => 1);
  const leaves = [limit.enter(""), limit.enter(""), limit.enter("")];
  for (const leave of leaves) leave();
  expect(() => limit.enter("")).not.toThrow();
});

test("a limit of 0 is none, and a reload's limit holds for the next request", () => {
  let max = 0;
  const limit = new WaitingLimit(() => max);
  limit.enter("10.0.0.1");
  limit.enter("10.0.0.1");
  max = 2;
  expect(() => limit.enter("10.0.0.1")).toThrow("is 2");
});
