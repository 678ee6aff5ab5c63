import { area, http } from "../harness/dsl.ts";

/** Routes beside the API of Consul 1.8, and what later versions added to those that it has. */
export const newerRoutes = area("newer-routes", [
  http("pprof-without-slash", "GET /debug/pprof"),
  http("pprof-index", "GET /debug/pprof/"),
  http("pprof-heap", "GET /debug/pprof/heap"),
  http("pprof-command-line", "GET /debug/pprof/cmdline"),
  http("pprof-unknown", "GET /debug/pprof/nothing"),
  http("pprof-profile", "GET /debug/pprof/profile?seconds=1"),
  http("pprof-with-token", "GET /debug/pprof/heap?token=anything"),
  http("debug-alone", "GET /debug"),
  http("internal-authorize", "POST /v1/internal/acl/authorize", { body: [] }),
  http("internal-authorize-by-get", "GET /v1/internal/acl/authorize"),
  http("services-all-without-filter", "GET /v1/catalog/services?filter="),
  http("services-metadata-of-nobody", "GET /v1/catalog/services?node-meta=a:b"),
  http("metrics-by-put", "PUT /v1/agent/metrics"),
]);
