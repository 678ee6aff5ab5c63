import { loadServices } from "../config/load-services.ts";
import { readSources } from "../config/read.ts";
import { decodeServiceDefinition, type ServiceDefinition } from "../model/definition.ts";
import { DISK_READER } from "../platform/config-files.ts";

/** The services that configuration files define, in their order; throws with the text that tells what is wrong. */
export async function loadServiceFiles(paths: readonly string[]): Promise<ServiceDefinition[]> {
  const { sources } = await readSources(paths, "", DISK_READER);
  return loadServices(sources).map(decodeServiceDefinition);
}
