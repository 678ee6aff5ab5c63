import { checkedConfigEntry } from "../model/config-entry/check.ts";
import type { ConfigEntry } from "../model/config-entry/config-entry.ts";
import { decodeConfigEntry } from "../model/config-entry/decode.ts";
import { ConfigError } from "./error.ts";

/** `config_entries.bootstrap` as entries in their normal form. Throws ConfigError, in Consul's words, for the first that is none. */
export function bootstrapEntries(raws: readonly unknown[]): ConfigEntry[] {
  return raws.map((raw, at) => {
    try {
      return checkedConfigEntry(decodeConfigEntry(raw));
    } catch (error) {
      throw new ConfigError(
        `config_entries.bootstrap[${at}]: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  });
}
