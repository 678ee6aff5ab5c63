import type { RecordCounts } from "../records/load.ts";

/** Kinds of records that say who may do what. */
const ACCESS_CONTROL = ["ACL", "ACLToken", "ACLPolicy", "ACLRole", "ACLBindingRule", "ACLAuthMethod", "Intention"];

/** What whoever restored an archive has to know of the records that are only kept. */
export function warningsOf(kept: RecordCounts): string[] {
  if (!ACCESS_CONTROL.some((name) => name in kept)) return [];
  return [
    "access control is not enforced in this version: tokens, policies and intentions are kept for the next save, and " +
      "everything that reaches the API is allowed",
  ];
}
