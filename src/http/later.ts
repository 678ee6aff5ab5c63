import type { Method } from "./route.ts";

/** A route of Consul 1.8 that is not built yet: it answers 501 with one line that says so. */
export interface LaterRoute {
  readonly methods: readonly Method[];
  readonly path: string;
  readonly area: string;
}

const later = (area: string, rows: readonly (readonly [Method | readonly Method[], string])[]): LaterRoute[] =>
  rows.map(([methods, path]) => ({ area, path, methods: typeof methods === "string" ? [methods] : methods }));

export const LATER_ROUTES: readonly LaterRoute[] = [
  ...later("service mesh", [
    ["POST", "/v1/agent/connect/authorize"],
    ["GET", "/v1/agent/connect/ca/roots"],
    ["GET", "/v1/agent/connect/ca/leaf/:service{.*}"],
    ["GET", "/v1/connect/ca/roots"],
    [["GET", "PUT"], "/v1/connect/ca/configuration"],
    [["GET", "POST"], "/v1/connect/intentions"],
    ["GET", "/v1/connect/intentions/match"],
    ["GET", "/v1/connect/intentions/check"],
    [["GET", "PUT", "DELETE"], "/v1/connect/intentions/:id{.*}"],
    ["PUT", "/v1/internal/service-virtual-ip"],
    ["GET", "/v1/internal/ui/gateway-intentions/:gateway{.*}"],
  ]),
];

/**
 * Access control is not built yet, and until it is, Muster behaves as Consul does with ACLs off: these answer 401, which
 * is what clients probe for.
 */
export const ACL_ROUTES: readonly LaterRoute[] = later("access control", [
  ["PUT", "/v1/acl/bootstrap"],
  ["GET", "/v1/acl/replication"],
  ["PUT", "/v1/acl/token"],
  ["GET", "/v1/acl/tokens"],
  ["GET", "/v1/acl/token/self"],
  [["GET", "PUT", "DELETE"], "/v1/acl/token/:rest{.*}"],
  ["PUT", "/v1/acl/policy"],
  ["GET", "/v1/acl/policies"],
  [["GET", "PUT", "DELETE"], "/v1/acl/policy/:rest{.*}"],
  ["PUT", "/v1/acl/role"],
  ["GET", "/v1/acl/roles"],
  [["GET", "PUT", "DELETE"], "/v1/acl/role/:rest{.*}"],
  ["PUT", "/v1/acl/auth-method"],
  ["GET", "/v1/acl/auth-methods"],
  [["GET", "PUT", "DELETE"], "/v1/acl/auth-method/:rest{.*}"],
  ["PUT", "/v1/acl/binding-rule"],
  ["GET", "/v1/acl/binding-rules"],
  [["GET", "PUT", "DELETE"], "/v1/acl/binding-rule/:rest{.*}"],
  ["POST", "/v1/acl/login"],
  ["POST", "/v1/acl/logout"],
  ["POST", "/v1/acl/rules/translate"],
  ["GET", "/v1/acl/rules/translate/:rest{.*}"],
  ["PUT", "/v1/acl/create"],
  ["PUT", "/v1/acl/update"],
  ["PUT", "/v1/acl/destroy/:rest{.*}"],
  ["PUT", "/v1/acl/clone/:rest{.*}"],
  ["GET", "/v1/acl/info/:rest{.*}"],
  ["GET", "/v1/acl/list"],
  ["POST", "/v1/internal/acl/authorize"],
  ["GET", "/v1/acl/templated-policies"],
  ["GET", "/v1/acl/templated-policy/name/:rest{.*}"],
  ["POST", "/v1/acl/templated-policy/preview/:rest{.*}"],
]);

export const notYet = (route: LaterRoute): string =>
  `${route.path.replace(/\/:.*/, "/...")} (${route.area}) is not in this version of Muster yet`;
export const ACL_DISABLED = "ACL support disabled";
