import { area, cli, http } from "../harness/dsl.ts";
import { flagsOnly } from "../harness/refine.ts";
import type { Exchange, Json } from "../harness/types.ts";

const KEY = "cg8StVXbQJ0gPvMd9o7yrg==";
const NEW = "pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=";
const PATH = "/v1/operator/keyring";

const listed = (id: string, query = "") => http(id, `GET ${PATH}${query}`);
const ordered = (id: string, method: "POST" | "PUT" | "DELETE", body: Json, query = "") =>
  http(id, `${method} ${PATH}${query}`, { body });

const asking: readonly Exchange[] = [
  listed("list"),
  listed("list-local", "?local-only=true"),
  listed("list-local-empty", "?local-only"),
  listed("list-local-bad", "?local-only=x"),
  listed("list-relayed", "?relay-factor=2"),
  listed("list-relay-too-many", "?relay-factor=6"),
  listed("list-relay-negative", "?relay-factor=-1"),
  listed("list-relay-no-number", "?relay-factor=x"),
  listed("list-relay-huge", "?relay-factor=99999999999999999999"),
  listed("list-pretty", "?pretty"),
  listed("list-other-datacenter", "?dc=nowhere"),
  http("patch", `PATCH ${PATH}`),
];

/** The gossip keys of a server with encryption. */
export const keyring = area(
  "keyring",
  [
    ...asking,
    http("install-no-body", `POST ${PATH}`),
    ordered("install-not-json", "POST", "xx"),
    ordered("install-wrong-type", "POST", { Key: 1 }),
    ordered("install-empty", "POST", {}),
    ordered("install-no-base64", "POST", { Key: "abc" }),
    ordered("install-short", "POST", { Key: "YWJj" }),
    ordered("install-local-only", "POST", { Key: NEW }, "?local-only=true"),
    ordered("install-relay-too-many", "POST", { Key: NEW }, "?relay-factor=9"),
    ordered("use-unknown", "PUT", { Key: NEW }),
    ordered("install", "POST", { Key: NEW }),
    ordered("install-again", "POST", { Key: NEW }),
    http("listed-both", `GET ${PATH}`),
    ordered("remove-primary", "DELETE", { Key: KEY }),
    ordered("use", "PUT", { Key: NEW }),
    ordered("remove", "DELETE", { Key: KEY }),
    ordered("remove-again", "DELETE", { Key: KEY }),
    listed("listed-new"),
    cli("cli-list", ["keyring", "-list"]),
    cli("cli-list-primary", ["keyring", "-list-primary", "-local-only"]),
    cli("cli-install", ["keyring", `-install=${KEY}`]),
    cli("cli-use", ["keyring", "-use", KEY]),
    cli("cli-remove", ["keyring", "-remove", NEW]),
    cli("cli-remove-primary", ["keyring", "-remove", KEY]),
    cli("cli-two-actions", ["keyring", "-list", "-use", KEY]),
    cli("cli-relay", ["keyring", "-list", "-relay-factor=9"]),
    cli("cli-local-only", ["keyring", "-use", KEY, "-local-only"]),
    cli("cli-no-server", ["keyring", "-list", "-http-addr=127.0.0.1:1"]),
    cli("cli-help-flags", ["keyring", "-h"], { refine: [flagsOnly] }),
  ],
  { encrypt: KEY },
);

/** The same on a server without. */
export const keyringOff = area("keyring-off", [
  listed("list"),
  listed("list-local", "?local-only=1"),
  ordered("install", "POST", { Key: KEY }),
  ordered("use", "PUT", { Key: KEY }),
  ordered("remove", "DELETE", { Key: KEY }),
  cli("cli-list", ["keyring", "-list"]),
]);
