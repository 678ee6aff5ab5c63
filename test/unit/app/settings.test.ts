import { expect, test } from "bun:test";
import { dnsSettings, httpSettings } from "../../../src/app/settings.ts";
import { configOf } from "../config/fixture.ts";

test("who may write is decided by network, also for IPv4 that came over IPv6", () => {
  const { mayWrite } = httpSettings(configOf('http_config { allow_write_http_from = ["10.0.0.0/8", "fd00::/8"] }'));
  const allowed = ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"];
  const refused = ["11.0.0.1", "::1", "::ffff:11.0.0.1", ""];
  expect([...allowed, ...refused].filter((address) => mayWrite?.(address))).toEqual(allowed);
});

test("without networks everybody may write", () => {
  expect(httpSettings(configOf("")).mayWrite).toBeUndefined();
});

test("what HTTP takes from the configuration", () => {
  const settings = httpSettings(
    configOf(`
      default_query_time = "1m" max_query_time = "2m" limits { http_max_conns_per_client = 7 }
      http_config { block_endpoints = ["/v1/agent"], response_headers { X-Own = "1" } }
    `),
  );
  expect(settings.waitLimits).toEqual({ defaultQueryTimeMs: 60_000, maxQueryTimeMs: 120_000, discoveryMaxStaleMs: 0 });
  expect([settings.ignoresCached, settings.takesUnprintablePaths]).toEqual([false, false]);
  expect([settings.waitingPerClientMax, settings.blockedEndpoints]).toEqual([7, ["/v1/agent"]]);
  expect(settings.responseHeaders).toEqual({ "X-Own": "1" });
});

test("what reads ask of the leader, of memory and of paths may be loosened", () => {
  const settings = httpSettings(
    configOf(`
      discovery_max_stale = "10s" disable_http_unprintable_char_filter = true http_config { use_cache = false }
    `),
  );
  expect([settings.waitLimits.discoveryMaxStaleMs, settings.ignoresCached, settings.takesUnprintablePaths]).toEqual([
    10_000,
    true,
    true,
  ]);
});

test("translated addresses are said in a header of every answer, as in Consul", () => {
  const { responseHeaders } = httpSettings(configOf("translate_wan_addrs = true"));
  expect(responseHeaders["X-Consul-Translate-Addresses"]).toBe("true");
});

test("DNS counts in whole seconds, per service too", () => {
  const settings = dnsSettings(
    configOf('dns_config { node_ttl = "1500ms", service_ttl { "*" = "5s", web = "999ms" } }'),
  );
  expect([settings.nodeTtlS, settings.serviceTtlS]).toEqual([1, { "*": 5, web: 0 }]);
});
