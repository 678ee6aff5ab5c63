import { z } from "zod";
import { formatDurationNs } from "../../lib/duration.ts";
import { Refusal } from "../../lib/refusal.ts";
import {
  type AutopilotConfiguration,
  AutopilotState,
  ClusterHealth,
  type StoredAutopilotConfiguration,
} from "../../model/autopilot.ts";
import { Index } from "../../model/common.ts";
import { goBool, goDuration, goString } from "../../model/go-decode.ts";
import type { OperatorDeps } from "../operator-deps.ts";
import { parseUint } from "../parse-uint.ts";
import { one, READ_QUERY, type ReadQuery } from "../query-schema.ts";
import { NO_WAIT, readOptions } from "../read-options.ts";
import { defineRoute, json, reply } from "../route.ts";

const PATH = "/v1/operator/autopilot/configuration";
const ERROR_PREFIX = "Bad request: Error parsing autopilot config: ";

const unsigned = (type: "uint" | "uint64") => Index.meta({ go: { type } }).default(0);

/** The configuration as it travels: durations are texts, and taken as nanoseconds, too. */
const Printed = z.object({
  CleanupDeadServers: z.boolean(),
  LastContactThreshold: z.string(),
  MaxTrailingLogs: Index,
  MinQuorum: Index,
  ServerStabilizationTime: z.string(),
  RedundancyZoneTag: z.string(),
  DisableUpgradeMigration: z.boolean(),
  UpgradeVersionTag: z.string(),
  CreateIndex: Index,
  ModifyIndex: Index,
});

/** What a body leaves out is Go's zero, as in Consul, not what it was. */
const Wanted = z
  .object({
    CleanupDeadServers: goBool(),
    LastContactThreshold: goDuration(),
    MaxTrailingLogs: unsigned("uint64"),
    MinQuorum: unsigned("uint"),
    ServerStabilizationTime: goDuration(),
    RedundancyZoneTag: goString(),
    DisableUpgradeMigration: goBool(),
    UpgradeVersionTag: goString(),
    CreateIndex: unsigned("uint64"),
    ModifyIndex: unsigned("uint64"),
  })
  .meta({ go: { type: "api.AutopilotConfiguration", namesFields: true } });

const getConfiguration = defineRoute({
  method: "GET",
  path: PATH,
  summary: "Read what autopilot goes by",
  query: z.object(READ_QUERY),
  answer: Printed,
  acl: "operator:read",
  async handle({ readable }, { operator }: OperatorDeps) {
    await readable();
    return json(printed(operator.autopilotConfiguration()));
  },
});

const setConfiguration = defineRoute({
  method: "PUT",
  path: PATH,
  summary: "Replace what autopilot goes by, on a condition (`cas`)",
  query: z.object({ dc: one, cas: one }),
  body: Wanted,
  bodyErrorPrefix: ERROR_PREFIX,
  answer: z.boolean(),
  acl: "operator:write",
  async handle({ body, query }, { operator }: OperatorDeps) {
    const cas = query.cas === undefined ? undefined : parseCas(query.cas);
    const done = await operator.setAutopilotConfiguration(checked(body), cas);
    return json(done);
  },
});

const health = defineRoute({
  method: "GET",
  path: "/v1/operator/autopilot/health",
  summary: "Health of the servers as the leader sees it; 429 when one is not well",
  query: z.object(READ_QUERY),
  answer: ClusterHealth,
  acl: "operator:read",
  async handle({ query }, { operator }: OperatorDeps) {
    refuseNonsense(query);
    const found = await operator.serverHealth();
    return reply({ status: found.Healthy ? 200 : 429, json: found });
  },
});

const state = defineRoute({
  method: "GET",
  path: "/v1/operator/autopilot/state",
  summary: "What autopilot knows of the servers",
  query: z.object(READ_QUERY),
  answer: AutopilotState,
  acl: "operator:read",
  beyondConsul: true,
  async handle({ query }, { operator }: OperatorDeps) {
    refuseNonsense(query);
    return json(await operator.autopilotState());
  },
});

export const operatorAutopilotRoutes = [getConfiguration, setConfiguration, health, state] as const;

/** The leader answers whatever consistency was asked for, but what contradicts itself is refused. */
function refuseNonsense(query: ReadQuery): void {
  readOptions(query, NO_WAIT, () => 0);
}

function parseCas(text: string): number {
  try {
    return Number(parseUint(text));
  } catch (error) {
    throw new Refusal(`Bad request: Error parsing cas value: ${(error as Error).message}`, 400);
  }
}

function printed(stored: StoredAutopilotConfiguration): z.output<typeof Printed> {
  return {
    CleanupDeadServers: stored.CleanupDeadServers,
    LastContactThreshold: formatDurationNs(stored.LastContactThreshold),
    MaxTrailingLogs: stored.MaxTrailingLogs,
    MinQuorum: stored.MinQuorum,
    ServerStabilizationTime: formatDurationNs(stored.ServerStabilizationTime),
    RedundancyZoneTag: stored.RedundancyZoneTag,
    DisableUpgradeMigration: stored.DisableUpgradeMigration,
    UpgradeVersionTag: stored.UpgradeVersionTag,
    CreateIndex: stored.CreateIndex,
    ModifyIndex: stored.ModifyIndex,
  };
}

/** Consul takes negative times, and then holds every server for unhealthy. */
function checked({ CreateIndex: _c, ModifyIndex: _m, ...wanted }: z.output<typeof Wanted>): AutopilotConfiguration {
  for (const name of ["LastContactThreshold", "ServerStabilizationTime"] as const) {
    if (wanted[name] < 0) throw new Refusal(`${ERROR_PREFIX}${name} must not be negative`, 400);
  }
  return wanted;
}
