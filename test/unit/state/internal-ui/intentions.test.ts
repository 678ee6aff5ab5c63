import { expect, test } from "bun:test";
import { ServiceIntentions } from "../../../../src/model/config-entry/later.ts";
import { decisionOf } from "../../../../src/state/internal-ui/intentions.ts";

const entry = (Name: string, ...Sources: object[]) =>
  ServiceIntentions.parse({ Kind: "service-intentions", Name, Sources, Meta: { "external-source": "k8s" } });
const from = (Name: string, Action: string) => ({ Name, Action });

test("without intentions calls are allowed, by default", () => {
  expect(decisionOf([], "a", "b")).toEqual({
    ...{ DefaultAllow: true, Allowed: true, HasPermissions: false, ExternalSource: "", HasExact: false },
  });
});

test("names count more than all, the destination's before the source's (Consul's precedence)", () => {
  const entries = [
    entry("*", from("*", "deny"), from("a", "allow")),
    entry("b", from("*", "deny"), from("c", "allow")),
  ];
  const allowed = (source: string, destination: string) => decisionOf(entries, source, destination).Allowed;
  expect([allowed("c", "B"), allowed("a", "b"), allowed("a", "x"), allowed("x", "x")]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(decisionOf(entries, "C", "b")).toMatchObject({ HasExact: true, ExternalSource: "k8s" });
  expect(decisionOf(entries, "a", "b").HasExact).toBe(false);
});

test("what hangs on the request is not allowed as such; a peer's source is another one", () => {
  const entries = [
    entry(
      "b",
      { Name: "a", Permissions: [{ Action: "allow", HTTP: { PathPrefix: "/" } }] },
      { ...from("c", "deny"), Peer: "p" },
    ),
  ];
  expect(decisionOf(entries, "a", "b")).toMatchObject({ Allowed: false, HasPermissions: true });
  expect(decisionOf(entries, "c", "b")).toMatchObject({ Allowed: true, HasExact: false });
});
