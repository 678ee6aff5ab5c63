import { expect } from "bun:test";
import type { ConfigEntryKind } from "../../../../src/model/config-entry/config-entry.ts";
import { decodeConfigEntry } from "../../../../src/model/config-entry/decode.ts";
import { stateRig } from "../../../support/state-rig.ts";

/** A state that entries are written to as clients write them. */
export function entriesRig() {
  const state = stateRig();
  return {
    ...state,
    put: (entry: object) => state.apply({ type: "config-entry.set", entry: decodeConfigEntry(entry) }),
    remove: (kind: ConfigEntryKind, name: string) => state.apply({ type: "config-entry.delete", kind, name }),
  };
}

export const entry =
  (Kind: ConfigEntryKind) =>
  (Name: string, fields: object = {}) => ({ Kind, Name, ...fields });
export const defaults = entry("service-defaults");
export const resolver = entry("service-resolver");
export const router = entry("service-router");
export const ingress = entry("ingress-gateway");
export const splitter = (Name: string, ...services: string[]) => ({
  ...{ Kind: "service-splitter", Name },
  Splits: services.map((Service) => ({ Weight: 100 / services.length, Service })),
});
export const allProxies = (protocol: string, fields: object = {}) => ({
  ...{ Kind: "proxy-defaults", Name: "global", Config: { protocol } },
  ...fields,
});
export const refused = (message: string) => expect.objectContaining({ message });
