import { checkedConfigEntry } from "../../model/config-entry/check.ts";
import type { ConfigEntry, ConfigEntryKind } from "../../model/config-entry/config-entry.ts";
import type { Propose } from "../propose.ts";

export type ConfigEntryRequest =
  | { readonly op: "set"; readonly entry: ConfigEntry; readonly cas?: number | undefined }
  | { readonly op: "delete"; readonly kind: ConfigEntryKind; readonly name: string; readonly cas?: number | undefined };

/** Config entries as the leader takes them: each is normalised and checked. Refusals in Consul's words. */
export class ConfigEntryEndpoint {
  readonly #propose: Propose;

  constructor(deps: { propose: Propose }) {
    this.#propose = deps.propose;
  }

  /** Resolves with false when `cas` did not hold. */
  async apply(request: ConfigEntryRequest): Promise<boolean> {
    const { cas } = request;
    if (request.op === "delete") {
      const { kind, name } = request;
      return (await this.#propose({ type: "config-entry.delete", kind, name, cas })) as boolean;
    }
    const entry = checkedConfigEntry(request.entry);
    return (await this.#propose({ type: "config-entry.set", entry, cas })) as boolean;
  }
}
