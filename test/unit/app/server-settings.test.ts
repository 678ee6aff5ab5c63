import { expect, test } from "bun:test";
import { expectOf } from "../../../src/app/server-settings.ts";
import { configOf } from "../config/fixture.ts";

test.each([
  ["bootstrap = true", 1],
  ["bootstrap_expect = 1", 1],
  ["bootstrap_expect = 3", 3],
  ["", 0],
])("with %p a server waits for %d", (text, servers) => {
  expect(expectOf(configOf(`server = true ${text}`))).toBe(servers);
});
