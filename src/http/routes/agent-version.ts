import { z } from "zod";
import { COMPATIBLE_CONSUL_VERSION, VERSION } from "../../lib/version.ts";
import { one } from "../query-schema.ts";
import { defineRoute, json } from "../route.ts";

const AgentVersion = z.object({
  SHA: z.string(),
  BuildDate: z.string(),
  /** The Consul that this agent answers as. */
  HumanVersion: z.string(),
  FIPS: z.string(),
});

/** Builds are the same whenever they are made; Consul's own have this date when they were given none. */
const BUILD_DATE = "1970-01-01T00:00:01Z";

const version = defineRoute({
  method: "GET",
  path: "/v1/agent/version",
  answeredBy: "agent",
  summary: "The version of this agent",
  query: z.object({ dc: one }),
  answer: AgentVersion,
  acl: "agent:read",
  beyondConsul: true,
  handle: () =>
    json({
      SHA: `muster-${VERSION}`,
      BuildDate: BUILD_DATE,
      HumanVersion: COMPATIBLE_CONSUL_VERSION,
      FIPS: "",
    } satisfies z.infer<typeof AgentVersion>),
});

export const agentVersionRoutes = [version] as const;
