import { expect, test } from "bun:test";
import { AliasCheck, judgeAlias } from "../../../../src/agent/checks/alias.ts";
import type { CheckResult } from "../../../../src/agent/checks/check.ts";
import type { HealthCheck } from "../../../../src/model/check.ts";
import { decodeCheckDefinition } from "../../../../src/model/definition.ts";
import { ManualClock, settle } from "../../../support/manual-clock.ts";

const run = decodeCheckDefinition({ AliasService: "web" });
const check = (CheckID: string, ServiceID: string, Status: string, Type = "ttl"): HealthCheck => ({
  ...{ Node: "n1", CheckID, Name: CheckID, Status, Notes: "", Output: "why", ServiceID, ServiceName: ServiceID },
  ...{ ServiceTags: [], Type, Definition: {}, CreateIndex: 0, ModifyIndex: 0 },
});
const judge = (...checks: HealthCheck[]) => judgeAlias("me", run, { serviceIds: new Set(["web"]), checks });

test("alias: has the worst status of the service's and the node's checks", () => {
  expect(judge()).toEqual({ status: "passing", output: "No checks found." });
  expect(judge(check("a", "web", "passing"))).toEqual({ status: "passing", output: "All checks passing." });
  expect(judge(check("a", "web", "warning"), check("b", "web", "passing")).status).toBe("warning");
  expect(judge(check("a", "web", "warning"), check("b", "", "critical"))).toEqual({
    status: "critical",
    output: 'Aliased check "b" failing: why',
  });
  expect(judge(check("a", "other", "critical")).status).toBe("passing");
});

test("alias: its own result doesn't count, and an alias of an alias doesn't nest their texts", () => {
  expect(judge(check("me", "", "critical", "alias")).status).toBe("passing");
  expect(judge(check("b", "", "critical", "alias")).output).toBe("why");
});

test("alias: an unknown service is critical in Consul's words", () => {
  expect(judgeAlias("me", run, { serviceIds: new Set(), checks: [] })).toEqual({
    status: "critical",
    output: "Service web could not be found on node ",
  });
});

test("alias: follows its own node after each change, another node by asking again, and tells only changes", async () => {
  const clock = new ManualClock();
  const reported: CheckResult[] = [];
  const listeners = new Set<() => void>();
  let checks = [check("a", "web", "passing")];
  const view = () => ({ serviceIds: new Set(["web"]), checks });
  const source = {
    nodeName: "N1",
    local: view,
    remote: async () => view(),
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const report = (result: CheckResult) => reported.push(result);
  const local = new AliasCheck({ id: "me", run: { ...run, AliasNode: "n1" }, source, clock, report });
  local.start();
  checks = [check("a", "web", "critical")];
  for (const listener of listeners) listener();
  for (const listener of listeners) listener();
  await settle();
  expect(reported.map((result) => result.status)).toEqual(["passing", "critical"]);
  local.stop();
  expect(listeners.size).toBe(0);
  const remote = new AliasCheck({ id: "me", run: { ...run, AliasNode: "n2" }, source, clock, report });
  remote.start();
  await settle();
  clock.advance(10_000);
  await settle();
  expect(reported.map((result) => result.status)).toEqual(["passing", "critical", "critical"]);
  checks = [check("a", "web", "warning")];
  clock.advance(10_000);
  await settle();
  expect(reported.at(-1)?.status).toBe("warning");
  remote.stop();
  expect(clock.pendingMs).toEqual([]);
});
