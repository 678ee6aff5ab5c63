import { loadConfig, type Machine } from "../config/load.ts";
import { readSources } from "../config/read.ts";
import { decodeServiceDefinition, type ServiceDefinition } from "../model/definition.ts";
import { DISK_READER } from "../platform/config-files.ts";

/** The services that configuration files define, in their order; throws with the text that tells what is wrong. */
export async function loadServiceFiles(paths: readonly string[], machine: Machine): Promise<ServiceDefinition[]> {
  const { sources } = await readSources(paths, "", DISK_READER);
  const { config } = loadConfig({ dev: true, sources, flags: {}, machine });
  return config.services.map(decodeServiceDefinition);
}
