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

test("servers of other datacenters and gossip's key are named as without effect; without any there is nothing to say", () => {
  const config = configOf('server = true bootstrap_expect = 3 retry_join = ["10.0.0.9"] start_join_wan = ["10.1.0.9"]');
  expect(notYetWarnings(config)).toEqual(["this version of Muster knows one datacenter: 10.1.0.9 will not be asked"]);
  const key = Buffer.alloc(32).toString("base64");
  expect(notYetWarnings(configOf(`server = true bootstrap = true encrypt = "${key}"`))[0]).toContain(
    "is not encrypted",
  );
  expect(notYetWarnings(configOf("server = true bootstrap = true"))).toEqual([]);
});
