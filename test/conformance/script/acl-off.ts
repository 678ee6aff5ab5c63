import { area, http } from "../harness/dsl.ts";

const UUID = "00000000-0000-0000-0000-00000000dead";
const READS = [
  "tokens",
  "token/self",
  `token/${UUID}`,
  "policies",
  `policy/${UUID}`,
  "policy/name/x",
  "roles",
  `role/${UUID}`,
  "role/name/x",
  "auth-methods",
  "auth-method/x",
  "binding-rules",
  `binding-rule/${UUID}`,
  "list",
  `info/${UUID}`,
];
const WRITES = ["bootstrap", "token", "policy", "role", "auth-method", "binding-rule", "create", "update"];

const named = (path: string) => path.replaceAll("/", "-").replace(`-${UUID}`, "-id");

/** Access-control endpoints while access control is off. */
export const aclOff = area("acl-off", [
  ...READS.map((path) => http(`get-${named(path)}`, `GET /v1/acl/${path}`)),
  ...WRITES.map((path) => http(`put-${named(path)}`, `PUT /v1/acl/${path}`, { body: {} })),
  http("delete-token", `DELETE /v1/acl/token/${UUID}`),
  http("delete-policy", `DELETE /v1/acl/policy/${UUID}`),
  http("clone-token", `PUT /v1/acl/token/${UUID}/clone`, { body: {} }),
  http("login", "POST /v1/acl/login", { body: {} }),
  http("logout", "POST /v1/acl/logout"),
  http("translate", "POST /v1/acl/rules/translate", { body: 'key "" { policy = "read" }' }),
  http("replication", "GET /v1/acl/replication"),
  http("wrong-method", "PATCH /v1/acl/tokens"),
  http("options", "OPTIONS /v1/acl/token"),
]);
