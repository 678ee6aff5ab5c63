import { area, http } from "../harness/dsl.ts";
import { anyIndex, pick, shape } from "../harness/refine.ts";

const SELF = "GET /v1/agent/self";

/** The agent of itself: who it is, its members, tokens, metrics, joins, and what comes from its configuration files. */
export const agentSelf = area(
  "agent-self",
  [
    http("self-top-level", SELF, { refine: [pick("Config", "Member", "Meta")] }),
    http("self-coordinate", SELF, { refine: [pick("Coord"), shape()] }),
    http("self-stats-keys", SELF, {
      refine: [pick("Stats.agent", "Stats.consul", "Stats.raft", "Stats.serf_lan"), shape()],
    }),
    http("self-debug-config", SELF, {
      refine: [
        pick(
          "DebugConfig.Datacenter",
          "DebugConfig.NodeName",
          "DebugConfig.NodeID",
          "DebugConfig.ServerMode",
          "DebugConfig.Bootstrap",
          "DebugConfig.DNSDomain",
          "DebugConfig.DNSPort",
          "DebugConfig.HTTPPort",
          "DebugConfig.DevMode",
        ),
      ],
    }),
    http("self-by-put", "PUT /v1/agent/self"),
    http("members", "GET /v1/agent/members"),
    http("members-wan", "GET /v1/agent/members?wan=1"),
    http("members-segment", "GET /v1/agent/members?segment=x"),
    http("members-all-segments", "GET /v1/agent/members?segment=_all"),
    http("members-wan-segment", "GET /v1/agent/members?wan=1&segment=x"),
    http("members-wan-all-segments", "GET /v1/agent/members?wan=1&segment=_all"),
    http("services-from-file", "GET /v1/agent/services"),
    http("checks-from-file", "GET /v1/agent/checks"),
    http("node-meta-from-file", "GET /v1/catalog/node/n1", { until: '"rack"', refine: [anyIndex] }),
    http("file-service-in-catalog", "GET /v1/health/service/filed", { until: '"filed-1"', refine: [anyIndex] }),
    http("reload", "PUT /v1/agent/reload"),
    http("reload-by-get", "GET /v1/agent/reload"),
    http("services-after-reload", "GET /v1/agent/services", { until: "filed-1" }),
    http("metrics-shape", "GET /v1/agent/metrics", { refine: [pick("Points"), shape()] }),
    http("metrics-prometheus-off", "GET /v1/agent/metrics?format=prometheus"),
    http("monitor-unknown-level", "GET /v1/agent/monitor?loglevel=bogus"),
    http("join-refused", "PUT /v1/agent/join/127.0.0.1:1"),
    http("join-missing-address", "PUT /v1/agent/join/"),
    http("join-by-get", "GET /v1/agent/join/127.0.0.1"),
    http("force-leave-unknown", "PUT /v1/agent/force-leave/nobody"),
    http("force-leave-missing-name", "PUT /v1/agent/force-leave/"),
    http("force-leave-by-get", "GET /v1/agent/force-leave/nobody"),
    http("leave-by-get", "GET /v1/agent/leave"),
    http("token-unknown-kind", "PUT /v1/agent/token/bogus", { body: { Token: "x" } }),
    http("token-no-body", "PUT /v1/agent/token/default"),
    http("token-default", "PUT /v1/agent/token/default", { body: { Token: "x" } }),
    http("token-ignored-when-off", "GET /v1/agent/services?token=whatever"),
    http("unknown-agent-path", "GET /v1/agent/nothing"),
  ],
  {
    node_meta: { rack: "r7" },
    services: [
      { id: "filed-1", name: "filed", port: 6000, tags: ["from-file"], check: { ttl: "10m", status: "passing" } },
    ],
    check: { id: "filed-check", name: "Filed", ttl: "10m", notes: "from a file" },
  },
);
