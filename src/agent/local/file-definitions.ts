import { Secret } from "../../lib/secret.ts";
import type { ServiceDefinition } from "../../model/definition.ts";
import type { CheckDefinition } from "../../model/definition-check.ts";
import type { Logger } from "../../ports/logger.ts";
import { buildService, buildServiceChecks, checksOf } from "./build.ts";
import { isMaintenance } from "./maintenance.ts";
import type { Registrar } from "./registrar.ts";
import { sidecarId } from "./sidecar.ts";
import type { LocalState } from "./state.ts";

/** What configuration files say this node has. */
export interface FileDefinitions {
  services: readonly ServiceDefinition[];
  checks: readonly CheckDefinition[];
}

/**
 * Registers what the files define. A bad definition rejects with a Refusal that names it, as it must stop the start or
 * the reload.
 */
export async function registerFiles(registrar: Registrar, definitions: FileDefinitions): Promise<void> {
  for (const definition of definitions.services) {
    const origin = { token: new Secret(definition.Token), source: "local" } as const;
    await registrar.registerService(definition, origin);
  }
  for (const definition of definitions.checks) {
    await registrar.registerCheck(definition, { token: new Secret(definition.Token), source: "local" });
  }
  await registrar.endOfFiles();
}

/** Takes new files: what they no longer define goes, the rest is registered again and keeps its status. */
export async function replaceFiles(
  registrar: Registrar,
  state: LocalState,
  definitions: FileDefinitions,
  log: Logger,
): Promise<void> {
  await registerFiles(registrar, definitions);
  const { services, checks } = idsOf(definitions);
  for (const { service, source } of state.services()) {
    if (source !== "local" || services.has(service.ID)) continue;
    log.info("Service is no longer in the configuration", { service: service.ID });
    await registrar.deregisterService(service.ID);
  }
  for (const { check, source } of state.checks()) {
    if (source !== "local" || checks.has(check.CheckID) || isMaintenance(check.CheckID)) continue;
    // A sidecar's checks come with its parent, whatever they are.
    const owner = state.service(check.ServiceID);
    if (owner?.isSidecar && services.has(check.ServiceID)) continue;
    log.info("Check is no longer in the configuration", { check: check.CheckID });
    await registrar.deregisterCheck(check.CheckID);
  }
}

function idsOf({ services, checks }: FileDefinitions): { services: Set<string>; checks: Set<string> } {
  const serviceIds = new Set<string>();
  const checkIds = new Set(checks.map((check) => check.ID || check.Name));
  for (const definition of services) {
    const service = buildService(definition);
    serviceIds.add(service.ID);
    if (definition.Connect?.SidecarService) serviceIds.add(sidecarId(service.ID));
    for (const { check } of buildServiceChecks("", service, checksOf(definition))) checkIds.add(check.CheckID);
  }
  return { services: serviceIds, checks: checkIds };
}
