import { expect, test } from "bun:test";
import { diffReloadable, restartWarning } from "../../../src/config/reload.ts";
import { configOf } from "./fixture.ts";

test("a reload applies some keys and names the others", () => {
  const before = configOf('log_level = "INFO" service { name = "a" }');
  const after = configOf(
    'log_level = "WARN" service { name = "b" } dns_config { node_ttl = "5s" } ports { http = 1 } retry_join = ["x"]',
  );
  const diff = diffReloadable(before, after);
  expect(diff).toEqual({
    reloadable: ["services", "dns_config.node_ttl", "log_level"],
    needRestart: ["ports.http", "retry_join"],
  });
  expect(restartWarning(diff)).toBe("changed, but only a restart applies it: ports.http, retry_join");
});

test("the same configuration differs in nothing", () => {
  const diff = diffReloadable(configOf('node_meta { a = "b" }'), configOf('node_meta { a = "b" }'));
  expect(diff).toEqual({ reloadable: [], needRestart: [] });
  expect(restartWarning(diff)).toBeUndefined();
});
