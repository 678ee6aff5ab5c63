import { area, cli, http } from "../harness/dsl.ts";
import { flagsOnly, oneBlank, replaced, sortedLines, streamsOnly } from "../harness/refine.ts";

const EVENT_ID = /[0-9a-f-]{36}/;

const catalog = [
  cli("datacenters", ["catalog", "datacenters"]),
  cli("nodes", ["catalog", "nodes"]),
  cli("nodes-detailed", ["catalog", "nodes", "-detailed"], { refine: [oneBlank] }),
  cli("nodes-of-service", ["catalog", "nodes", "-service=consul"]),
  cli("nodes-of-unknown-service", ["catalog", "nodes", "-service=none"]),
  cli("nodes-meta-unknown", ["catalog", "nodes", "-node-meta=a=b"]),
  cli("nodes-filter", ["catalog", "nodes", "-filter=Node == n1"]),
  cli("nodes-bad-filter", ["catalog", "nodes", "-filter=Bogus == 1"]),
  cli("nodes-extra-word", ["catalog", "nodes", "extra"]),
  cli("services", ["catalog", "services"]),
  cli("services-tags", ["catalog", "services", "-tags"]),
  cli("services-of-node", ["catalog", "services", "-node=n1"]),
  cli("services-of-unknown-node", ["catalog", "services", "-node=none"]),
  cli("datacenters-unknown-datacenter", ["catalog", "nodes", "-datacenter=nowhere"]),
  cli("catalog-alone", ["catalog"], { refine: [streamsOnly] }),
  cli("catalog-unknown", ["catalog", "bogus"], { refine: [streamsOnly] }),
  cli("datacenters-unknown-flag", ["catalog", "datacenters", "-zzz"], { refine: [flagsOnly] }),
];

const WEB_FILE = JSON.stringify({ service: { name: "filed", port: 7000, tags: ["x"] } });
const TWO_FILE = 'services { name = "h1" port = 1 }\nservices { name = "h2" id = "h2-id" meta { k = "v" } }\n';

const services = [
  cli("register-flags", ["services", "register", "-name=web", "-port=80", "-tag=a", "-tag=b", "-meta=k=v"]),
  cli("register-id", ["services", "register", "-name=web", "-id=web-2", "-address=10.8.0.1"]),
  cli("register-tagged-address", ["services", "register", "-name=tagged", "-tagged-address=lan=10.0.0.1:80"]),
  cli("register-bad-tagged-address", ["services", "register", "-name=tagged", "-tagged-address=lan"]),
  cli("register-nothing", ["services", "register"]),
  cli("register-file", ["services", "register", "web.json"], { files: { "web.json": WEB_FILE } }),
  cli("register-hcl-two", ["services", "register", "two.hcl"], { files: { "two.hcl": TWO_FILE } }),
  cli("register-missing-file", ["services", "register", "none.json"]),
  cli("register-bad-file", ["services", "register", "bad.json"], { files: { "bad.json": "{nope" } }),
  cli("register-file-and-flags", ["services", "register", "-name=x", "web.json"]),
  cli("registered", ["catalog", "services", "-tags"], { until: "h2" }),
  http("registered-web", "GET /v1/agent/service/web"),
  http("registered-hcl", "GET /v1/agent/service/h2-id"),
  cli("deregister-id", ["services", "deregister", "-id=web-2"]),
  cli("deregister-unknown", ["services", "deregister", "-id=none"]),
  cli("deregister-nothing", ["services", "deregister"]),
  cli("deregister-file", ["services", "deregister", "web.json"]),
  cli("deregister-hcl-two", ["services", "deregister", "two.hcl"]),
  cli("deregister-file-and-id", ["services", "deregister", "-id=x", "web.json"]),
  cli("deregistered", ["catalog", "services"], { untilNot: "h2" }),
  cli("services-alone", ["services"], { refine: [streamsOnly] }),
  cli("register-unknown-flag", ["services", "register", "-zzz"], { refine: [flagsOnly] }),
];

const members = [
  cli("members", ["members"], { refine: [oneBlank, replaced(/ server \S+/g, " server <version>")] }),
  cli("members-wan", ["members", "-wan"], { refine: [oneBlank, replaced(/ server \S+/g, " server <version>")] }),
  cli("members-detailed", ["members", "-detailed"], {
    refine: [oneBlank, replaced(/build=[^,]+/g, "build=<version>")],
  }),
  cli("members-status-none", ["members", "-status=left"]),
  cli("members-bad-status", ["members", "-status=("]),
  cli("members-no-server", ["members", "-http-addr=127.0.0.1:1"]),
  cli("members-unknown-flag", ["members", "-zzz"], { refine: [flagsOnly] }),
  cli("info-keys", ["info"], { refine: [replaced(/ = .*/g, " = <value>")] }),
  cli("join-refused", ["join", "127.0.0.1:1"]),
  cli("join-nothing", ["join"], { refine: [streamsOnly] }),
  cli("force-leave-unknown", ["force-leave", "nobody"]),
  cli("force-leave-nothing", ["force-leave"], { refine: [streamsOnly] }),
  cli("reload", ["reload"]),
  cli("rtt-unknown", ["rtt", "nobody"]),
  cli("rtt-nothing", ["rtt"]),
];

const maintenance = [
  cli("maint-status-none", ["maint"]),
  cli("maint-enable", ["maint", "-enable", "-reason=new disk"]),
  cli("maint-status-node", ["maint"]),
  cli("maint-service-unknown", ["maint", "-enable", "-service=none"]),
  cli("maint-service", ["maint", "-enable", "-service=web"]),
  cli("maint-status-both", ["maint"], { refine: [sortedLines] }),
  cli("maint-disable", ["maint", "-disable"]),
  cli("maint-disable-service", ["maint", "-disable", "-service=web"]),
  cli("maint-both-flags", ["maint", "-enable", "-disable"]),
  cli("maint-reason-alone", ["maint", "-reason=x"]),
  cli("maint-service-alone", ["maint", "-service=web"]),
];

const events = [
  cli("event", ["event", "-name=deploy", "payload"], { refine: [replaced(EVENT_ID, "<uuid>")] }),
  cli("event-filters", ["event", "-name=deploy", "-node=n1", "-service=web", "-tag=a"]),
  cli("event-no-name", ["event", "payload"]),
  cli("event-too-many-words", ["event", "-name=x", "a", "b"]),
  cli("event-bad-node", ["event", "-name=x", "-node=("]),
  cli("event-tag-without-service", ["event", "-name=x", "-tag=a"]),
];

const watching = [
  cli("watch-key-missing", ["watch", "-type=key", "-key=none"]),
  cli("put-for-watch", ["kv", "put", "watched/a", "<1>"]),
  cli("watch-key", ["watch", "-type=key", "-key=watched/a"]),
  cli("watch-prefix", ["watch", "-type=keyprefix", "-prefix=watched/"]),
  cli("watch-services", ["watch", "-type=services"], { refine: [replaced(/,$/gm, ""), sortedLines] }),
  cli("watch-nodes", ["watch", "-type=nodes"]),
  cli("watch-service-none", ["watch", "-type=service", "-service=none"]),
  cli("watch-service", ["watch", "-type=service", "-service=consul", "-passingonly=true"]),
  cli("watch-checks-state", ["watch", "-type=checks", "-state=passing"]),
  cli("watch-event-none", ["watch", "-type=event", "-name=none"]),
  cli("watch-no-type", ["watch"]),
  cli("watch-unknown-type", ["watch", "-type=bogus"]),
  cli("watch-key-without-key", ["watch", "-type=key"]),
  cli("watch-service-without-service", ["watch", "-type=service"]),
  cli("watch-extra-parameter", ["watch", "-type=key", "-key=a", "-service=b"]),
];

const locking = [
  cli("lock", ["lock", "locks/a", "echo held=$CONSUL_LOCK_HELD"]),
  cli("lock-child-fails", ["lock", "locks/a", "exit 3"]),
  cli("lock-child-exit-code", ["lock", "-child-exit-code", "locks/a", "exit 3"]),
  cli("lock-no-shell", ["lock", "-shell=false", "locks/a", "echo", "plain"]),
  cli("lock-semaphore", ["lock", "-n=2", "locks/sem", "echo slot"]),
  cli("lock-stdin", ["lock", "-pass-stdin", "locks/a", "cat"], { stdin: "through\n" }),
  cli("lock-no-command", ["lock", "locks/a"]),
  cli("lock-nothing", ["lock"]),
  cli("lock-bad-limit", ["lock", "-n=0", "locks/a", "true"]),
  cli("lock-key-left-behind", ["kv", "get", "-keys", "-separator=", "locks/"]),
  cli("lock-unknown-flag", ["lock", "-zzz"], { refine: [flagsOnly] }),
];

const snapshots = [
  cli("snapshot-save", ["snapshot", "save", "backup.snap"], { refine: [replaced(/index \d+/, "index <index>")] }),
  cli("snapshot-inspect", ["snapshot", "inspect", "backup.snap"], {
    refine: [oneBlank, replaced(/^(ID|Size|Index|Term) .*$/gm, "$1 <value>")],
  }),
  cli("snapshot-restore", ["snapshot", "restore", "backup.snap"]),
  cli("snapshot-save-nothing", ["snapshot", "save"]),
  cli("snapshot-inspect-nothing", ["snapshot", "inspect"]),
  cli("snapshot-inspect-missing", ["snapshot", "inspect", "none.snap"]),
  cli("snapshot-inspect-garbage", ["snapshot", "inspect", "bad.snap"], { files: { "bad.snap": "not a snapshot" } }),
  cli("snapshot-restore-nothing", ["snapshot", "restore"]),
  cli("snapshot-restore-missing", ["snapshot", "restore", "none.snap"]),
  cli("snapshot-restore-garbage", ["snapshot", "restore", "bad.snap"]),
  cli("snapshot-too-many-words", ["snapshot", "save", "a", "b"]),
  cli("snapshot-alone", ["snapshot"], { refine: [streamsOnly] }),
];

/** Command line against a running server, all but the key/value store. */
export const cliServer = area("cli", [
  ...catalog,
  ...services,
  ...members,
  ...maintenance,
  ...events,
  ...watching,
  ...locking,
  ...snapshots,
]);
