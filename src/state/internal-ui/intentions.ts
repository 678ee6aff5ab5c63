import type { ServiceIntentions } from "../../model/config-entry/later.ts";
import type { IntentionDecision } from "../../model/internal-ui.ts";

const ANY = "*";
const EXTERNAL_SOURCE = "external-source";

/**
 * Whether `source` may call `destination`: of the intentions that name both or all, the one for the destination by name counts more
 * than one for all, and so for the source. Without any, calls are allowed, as they are with access control off.
 */
export function decisionOf(
  entries: readonly ServiceIntentions[],
  source: string,
  destination: string,
): IntentionDecision {
  for (const to of [destination, ANY]) {
    const entry = entries.find(({ Name }) => Name.toLowerCase() === to.toLowerCase());
    for (const from of [source, ANY]) {
      const found = entry?.Sources?.find(({ Name, Peer }) => Name.toLowerCase() === from.toLowerCase() && !Peer);
      if (entry === undefined || found === undefined) continue;
      const HasPermissions = (found.Permissions ?? []).length > 0;
      return {
        DefaultAllow: true,
        Allowed: !HasPermissions && found.Action === "allow",
        HasPermissions,
        ExternalSource: entry.Meta?.[EXTERNAL_SOURCE] ?? "",
        HasExact: to !== ANY && from !== ANY,
      };
    }
  }
  return { DefaultAllow: true, Allowed: true, HasPermissions: false, ExternalSource: "", HasExact: false };
}
