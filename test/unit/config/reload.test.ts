import { expect, test } from "bun:test";
import { applyReloadable, diffReloadable, restartWarning } from "../../../src/config/reload.ts";
import { configOf } from "./fixture.ts";

test("a reload applies some keys and names the others", () => {
  const before = configOf('log_level = "INFO" service { name = "a" }');
  const after = configOf(
    'log_level = "WARN" service { name = "b" } dns_config { node_ttl = "5s" } ports { http = 1 } retry_join = ["x"] domain = "d"',
  );
  const diff = diffReloadable(before, after);
  expect(diff).toEqual({
    reloadable: ["services", "dns_config.node_ttl", "log_level"],
    needRestart: ["ports.http", "retry_join", "domain"],
  });
  expect(restartWarning(diff)).toBe("changed, but only a restart applies it: ports.http, retry_join, domain");
});

test("the same configuration differs in nothing", () => {
  const diff = diffReloadable(configOf('node_meta { a = "b" }'), configOf('node_meta { a = "b" }'));
  expect(diff).toEqual({ reloadable: [], needRestart: [] });
  expect(restartWarning(diff)).toBeUndefined();
});

test("a reload leaves what needs a restart as it was, in sections too", () => {
  const before = configOf('log_level = "INFO" node_name = "a" limits { http_max_conns_per_client = 1 }');
  const wanted = configOf(
    'log_level = "WARN" node_name = "b" limits { http_max_conns_per_client = 2, kv_max_value_size = 9 } service { name = "s" }',
  );
  const now = applyReloadable(before, wanted);
  expect(now.limits).toEqual({ ...before.limits, httpMaxConnsPerClient: 2 });
  expect([now.logLevel, now.nodeName]).toEqual(["WARN", "a"]);
  expect(now.services).toEqual(wanted.services);
  expect(diffReloadable(before, now).needRestart).toEqual([]);
});
