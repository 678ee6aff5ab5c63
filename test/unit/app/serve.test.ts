import { expect, test } from "bun:test";
import { isLeave } from "../../../src/app/serve.ts";
import { configOf } from "../config/fixture.ts";

const server = configOf("server = true bootstrap = true");

test("a server stays a member on both signals, a client leaves, and the API's leave is one for both", () => {
  const client = configOf("server = false");
  expect([isLeave("SIGINT", server), isLeave("SIGTERM", server), isLeave("leave", server)]).toEqual([
    false,
    false,
    true,
  ]);
  expect([isLeave("SIGINT", client), isLeave("SIGTERM", client), isLeave("leave", client)]).toEqual([true, true, true]);
});

test("leave_on_terminate and skip_leave_on_interrupt turn that round, each for its own signal", () => {
  const turned = configOf("server = true bootstrap = true leave_on_terminate = true skip_leave_on_interrupt = false");
  expect([isLeave("SIGINT", turned), isLeave("SIGTERM", turned)]).toEqual([true, true]);
});
