import { area, cli } from "../harness/dsl.ts";
import { flagsOnly, replaced, sortedLines, streamsOnly } from "../harness/refine.ts";
import type { Refinement } from "../harness/types.ts";

const GOOD = JSON.stringify({ data_dir: "data", bind_addr: "127.0.0.1", service: { name: "web", port: 80 } });
const GOOD_HCL = 'data_dir = "data"\nbind_addr = "127.0.0.1"\nserver = true\nbootstrap = true\n';

/** `validate` on one file with this content. */
function validated(id: string, content: string, name = "config.json", refine: Refinement[] = []) {
  const files = { [`${id}/${name}`]: content };
  return cli(`validate-${id}`, ["validate", `${id}/${name}`], { files, refine });
}

const bad = (id: string, config: object, refine: Refinement[] = []) =>
  validated(id, JSON.stringify({ data_dir: "data", bind_addr: "127.0.0.1", ...config }), "config.json", refine);

const validating = [
  validated("good-json", GOOD),
  validated("good-hcl", GOOD_HCL, "config.hcl"),
  cli("validate-directory", ["validate", "dir"], {
    files: { "dir/a.json": GOOD, "dir/b.hcl": 'log_level = "warn"\n' },
  }),
  cli("validate-quiet", ["validate", "-quiet", "dir"]),
  cli("validate-nothing", ["validate"]),
  cli("validate-missing", ["validate", "none.json"]),
  cli("validate-format-flag", ["validate", "-config-format=hcl", "plain.conf"], { files: { "plain.conf": GOOD_HCL } }),
  cli("validate-unknown-format", ["validate", "-config-format=yaml", "plain.conf"]),
  validated("unknown-extension", GOOD, "config.txt"),
  validated("not-json", "{nope"),
  validated("not-hcl", "server = = true", "config.hcl"),
  validated("no-data-dir", "{}"),
  validated("empty-file", ""),
  bad("unknown-key", { bogus_key: 1 }),
  bad("two-unknown-keys", { bogus_a: 1, bogus_b: 2 }, [sortedLines]),
  bad("nested-unknown-key", { dns_config: { bogus: 1 } }),
  bad("wrong-type", { server: "perhaps" }),
  bad("port-as-text", { service: { name: "x", port: "80" } }),
  bad("bad-datacenter", { datacenter: "bad dc" }),
  bad("bad-node-name", { node_name: "" }),
  bad("bootstrap-without-server", { bootstrap: true }),
  bad("bootstrap-and-expect", { server: true, bootstrap: true, bootstrap_expect: 3 }),
  bad("bootstrap-expect-negative", { server: true, bootstrap_expect: -1 }),
  bad("bootstrap-expect-even", { server: true, bootstrap_expect: 2 }),
  bad("bad-duration", { check_update_interval: "soon" }),
  bad("bad-bind", { bind_addr: "not an address" }),
  bad("any-advertise", { advertise_addr: "0.0.0.0" }),
  bad("bad-port", { ports: { http: 70000 } }),
  bad("same-ports", { ports: { http: 9000, dns: 9000 } }),
  bad("bad-node-meta", { node_meta: { "a b": "x" } }),
  bad("bad-encrypt", { encrypt: "short" }),
  bad("bad-raft-multiplier", { performance: { raft_multiplier: 11 } }),
  bad("bad-domain", { domain: "" }),
  bad("bad-node-id", { node_id: "nope" }),
  bad("bad-check", { check: { name: "x" } }),
  bad("bad-segment", { segment: "x" }),
  bad("service-without-name", { service: { port: 1 } }),
  bad("ui-and-ui-dir", { ui: true, ui_dir: "x" }),
  bad("recursor-any", { recursors: ["0.0.0.0"] }),
  bad("deprecated-key", { acl_datacenter: "dc1" }),
  bad("autopilot-redundancy", { autopilot: { max_trailing_logs: -1 } }),
];

const starting = [
  cli("agent-no-data-dir", ["agent", "-bind=127.0.0.1"]),
  cli("agent-unknown-flag", ["agent", "-zzz"], { refine: [flagsOnly] }),
  cli("agent-missing-config", ["agent", "-config-file=none.json"]),
  cli("agent-bad-config", ["agent", "-config-file=unknown-key/config.json"]),
  cli("agent-bad-bind", ["agent", "-data-dir=d", "-bind=nonsense"]),
  cli("agent-extra-word", ["agent", "-data-dir=d", "extra"]),
  cli("agent-bad-node-id", ["agent", "-data-dir=d", "-bind=127.0.0.1", "-node-id=nope"]),
  cli("agent-help-flags", ["agent", "-h"], { refine: [flagsOnly] }),
];

const rest = [
  cli("no-command", [], { refine: [streamsOnly] }),
  cli("unknown-command", ["bogus"], { refine: [streamsOnly] }),
  cli("help", ["--help"], { refine: [streamsOnly] }),
  cli("version", ["version"], { refine: [replaced(/^(?!<Prog> v).*\n/gm, "")] }),
  cli("version-flag", ["--version"], { refine: [replaced(/^(?!<Prog> v).*\n/gm, "")] }),
  cli("version-json-keys", ["version", "-format=json"], { refine: [replaced(/: ("[^"]*"|\d+)/g, ": <value>")] }),
  cli("version-unknown-format", ["version", "-format=xml"]),
  cli("keygen", ["keygen"], { refine: [replaced(/^[A-Za-z0-9+/]{43}=$/gm, "<32 bytes in base64>")] }),
  cli("keygen-unknown-flag", ["keygen", "-zzz"], { refine: [flagsOnly] }),
  cli("keygen-help", ["keygen", "-h"], { refine: [streamsOnly] }),
  ...["validate", "members", "info", "event", "lock", "watch", "maint", "join", "reload", "force-leave", "rtt"].map(
    (word) => cli(`${word}-help-flags`, [word, "-h"], { refine: [flagsOnly] }),
  ),
  ...["catalog nodes", "catalog services", "services register", "services deregister", "snapshot save"].map((words) =>
    cli(`${words.replace(" ", "-")}-help-flags`, [...words.split(" "), "-h"], { refine: [flagsOnly] }),
  ),
];

/** Command line without a server: configuration files, start-up errors, usage, version, keygen. */
export const cliOffline = area("cli-offline", [...validating, ...starting, ...rest]);
