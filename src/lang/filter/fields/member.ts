import { int, mapOf, string, struct } from "../field-spec.ts";

/** Selectors of `agent/members` (Consul 1.16). */
export const MEMBER_FIELDS = struct({
  Name: string,
  Addr: string,
  Port: int,
  Tags: mapOf(string),
  Status: int,
  ProtocolMin: int,
  ProtocolMax: int,
  ProtocolCur: int,
  DelegateMin: int,
  DelegateMax: int,
  DelegateCur: int,
});
