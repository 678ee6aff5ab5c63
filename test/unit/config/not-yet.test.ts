import { expect, test } from "bun:test";
import { notYetWarnings } from "../../../src/config/not-yet.ts";
import { configOf } from "./fixture.ts";

test("access control that would not be there is refused", () => {
  expect(() => notYetWarnings(configOf("server = true bootstrap = true acl { enabled = true }"))).toThrow(
    "this version of Muster has no access control, and acl.enabled is true",
  );
});

test("with a key for gossip it is said that the server port is not encrypted; otherwise there is nothing to say", () => {
  const key = Buffer.alloc(32).toString("base64");
  const [warning] = notYetWarnings(configOf(`server = true bootstrap = true encrypt = "${key}"`));
  expect(warning).toContain("on ports.server is not");
  expect(warning).not.toContain(key);
  expect(notYetWarnings(configOf("server = false"))).toEqual([]);
});
