/** Consul's names of the types of records in snapshots. */
const NAMES: Readonly<Record<number, string>> = {
  0: "Register",
  2: "KVS",
  3: "Session",
  4: "ACL",
  5: "Tombstone",
  6: "CoordinateBatchUpdate",
  7: "PreparedQuery",
  9: "Autopilot",
  11: "ACLBootstrap",
  12: "Intention",
  13: "ConnectCA",
  14: "ConnectCAProviderState",
  15: "ConnectCAConfig",
  16: "Index",
  17: "ACLToken",
  19: "ACLPolicy",
  22: "ConfigEntry",
  23: "ACLRole",
  25: "ACLBindingRule",
  27: "ACLAuthMethod",
  29: "ChunkingState",
  30: "FederationState",
  31: "SystemMetadata",
  32: "ServiceVirtualIP",
  33: "FreeVirtualIP",
  35: "Peering",
  38: "PeeringTrustBundle",
  40: "PeeringSecrets",
  42: "Resource",
};

export function nameOfRecord(type: number): string {
  return NAMES[type] ?? `Unknown(${type})`;
}
