/** Whether the catalog already says what the agent would write. Pure. */
import type { HealthCheck } from "../../model/check.ts";
import type { Node } from "../../model/node.ts";
import type { NodeService } from "../../model/service.ts";
import type { NodeIdentity } from "./catalog-client.ts";

/** Equal but for the log indexes; Go makes no difference between null, absent and empty lists, maps and texts. */
export function sameService(a: NodeService, b: NodeService): boolean {
  return same({ ...a, CreateIndex: 0, ModifyIndex: 0 }, { ...b, CreateIndex: 0, ModifyIndex: 0 });
}

/**
 * As `sameService`. The service's name and tags don't count: the catalog copies them from the service whenever a check is
 * written, while a check keeps those of its registration here, so the agent would write for ever.
 */
export function sameCheck(a: HealthCheck, b: HealthCheck): boolean {
  const ignored = { CreateIndex: 0, ModifyIndex: 0, ServiceName: "", ServiceTags: [] };
  return same({ ...a, ...ignored }, { ...b, ...ignored });
}

/** As `sameCheck`, whatever the check said last and under which name its node went. */
export function sameCheckDefinition(a: HealthCheck, b: HealthCheck): boolean {
  return sameCheck({ ...a, Node: b.Node, Status: b.Status, Output: b.Output }, b);
}

/** Whether the node's record needs no update. */
export function sameNode(record: Node | null, own: NodeIdentity): boolean {
  return (
    record !== null &&
    record.ID === own.id &&
    record.Address === own.address &&
    same(record.TaggedAddresses, own.taggedAddresses) &&
    same(record.Meta, own.meta)
  );
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isZero(a) && isZero(b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, at) => same(item, b[at]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) if (!same(a[key], b[key])) return false;
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isZero(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.values(value).every(isZero);
}
