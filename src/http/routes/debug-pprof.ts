import { z } from "zod";
import { defineRoute, text } from "../route.ts";

export interface DebugDeps {
  debug: {
    /** `enable_debug`. */
    isEnabled(): boolean;
  };
}

/** What Consul says without `enable_debug` and access control, whatever profile is asked for. */
const REFUSED = text("ACL support disabled", 401);
const NO_PROFILES = text(
  "Muster is no Go program and has no profiles for pprof. GET /v1/agent/metrics has what it measures, and an agent that is " +
    "started with BUN_OPTIONS=--cpu-prof in its environment writes a CPU profile when it stops",
  501,
);

const pprof = defineRoute({
  method: "GET",
  path: "/debug/pprof/:profile{.*}",
  answeredBy: "agent",
  summary: "Profiles of Consul's agent, which there are none of",
  query: z.object({}),
  answer: z.undefined(),
  acl: "operator:read",
  handle: (_request, { debug }: DebugDeps) => (debug.isEnabled() ? NO_PROFILES : REFUSED),
});

export const debugPprofRoutes = [pprof] as const;
