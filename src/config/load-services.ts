import type { Definition } from "./config.ts";
import { asRaws, buildServices } from "./definitions.ts";
import { ConfigError, errorList } from "./error.ts";
import { type ConfigSource, readSource } from "./sources.ts";

/** The services that sources define, in their order, whatever else is missing there; for `services register`. Throws ConfigError. */
export function loadServices(sources: readonly ConfigSource[]): Definition[] {
  const errors: string[] = [];
  const services = sources.flatMap((source) => buildServices(asRaws(readSource(source).services), errors));
  if (errors.length > 0) throw new ConfigError(errorList(errors));
  return services;
}
