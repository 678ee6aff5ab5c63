import type { HealthCheck } from "../../model/check.ts";
import { type CheckRun, ServiceCheckDefinition } from "../../model/definition-check.ts";
import type { NodeService } from "../../model/service.ts";
import { MAINTENANCE } from "../checks/kind.ts";

export const NODE_MAINTENANCE_ID = "_node_maintenance";

/** Id of the check that takes one service out of work. */
export const serviceMaintenanceId = (serviceId: string) => `_service_maintenance:${serviceId}`;

/** True for checks that stand for maintenance of a node or service. */
export function isMaintenance(checkId: string): boolean {
  return checkId === NODE_MAINTENANCE_ID || checkId.startsWith("_service_maintenance:");
}

const NO_RUN: CheckRun = ServiceCheckDefinition.parse({});

/** A critical check that says why; of the node when there is no service. */
export function maintenanceCheck(
  node: string,
  service: NodeService | undefined,
  reason: string,
): { check: HealthCheck; run: CheckRun } {
  const subject = service === undefined ? "node" : "service";
  const check: HealthCheck = {
    Node: node,
    CheckID: service === undefined ? NODE_MAINTENANCE_ID : serviceMaintenanceId(service.ID),
    Name: service === undefined ? "Node Maintenance Mode" : "Service Maintenance Mode",
    Status: "critical",
    Notes:
      reason ||
      `Maintenance mode is enabled for this ${subject}, but no reason was provided. This is a default message.`,
    Output: "",
    ServiceID: service?.ID ?? "",
    ServiceName: service?.Service ?? "",
    ServiceTags: service?.Tags ?? [],
    Type: MAINTENANCE,
    Definition: {},
    CreateIndex: 0,
    ModifyIndex: 0,
  };
  return { check, run: NO_RUN };
}
