import { area, dns, http } from "../harness/dsl.ts";
import { counts } from "../harness/refine.ts";
import type { Json } from "../harness/types.ts";

const instances = Array.from({ length: 10 }, (_, at): Json[] => [
  { Node: { Verb: "set", Node: { Node: `w${at}`, Address: `10.7.0.${at + 1}`, Meta: { a: "b" } } } },
  { Service: { Verb: "set", Node: `w${at}`, Service: { Service: "web", Port: 80 } } },
]).flat();

const filled = [
  http("register-instances", "PUT /v1/txn", { body: instances }),
  http("register-warning", "PUT /v1/catalog/register", {
    body: {
      Node: "warned",
      Address: "10.7.1.1",
      Service: { Service: "warn", Port: 1 },
      Check: { CheckID: "w", Name: "w", Status: "warning", ServiceID: "warn" },
    },
  }),
  http("register-db", "PUT /v1/catalog/register", {
    body: { Node: "dbnode", Address: "10.7.1.2", Service: { Service: "db-main", Address: "10.7.1.3", Port: 2 } },
  }),
  http("register-other", "PUT /v1/catalog/register", {
    body: { Node: "dbnode", Address: "10.7.1.2", Service: { Service: "other", Port: 3 } },
  }),
];

/** DNS with nearly every setting changed. */
export const dnsOptions = area(
  "dns-options",
  [
    ...filled,
    dns("truncated-udp", "A web.service.mydomain", { refine: [counts] }),
    dns("truncated-udp-srv", "SRV web.service.mydomain", { refine: [counts] }),
    dns("record-limit-edns", "A web.service.mydomain", { ednsBytes: 4096, refine: [counts] }),
    dns("record-limit-not-for-srv", "SRV web.service.mydomain", { ednsBytes: 4096, refine: [counts] }),
    dns("record-limit-tcp", "A web.service.mydomain", { tcp: true, refine: [counts] }),
    dns("record-limit-tcp-srv", "SRV web.service.mydomain", { tcp: true, refine: [counts] }),
    dns("record-limit-any", "ANY web.service.mydomain", { tcp: true, refine: [counts] }),
    dns("only-passing-drops-warning", "A warn.service.mydomain"),
    dns("node-ttl", "A dbnode.node.mydomain"),
    dns("service-ttl-prefix", "SRV db-main.service.mydomain"),
    dns("service-ttl-star", "A other.service.mydomain"),
    dns("node-without-meta-txt", "A w0.node.mydomain"),
    dns("node-txt-when-asked", "TXT w0.node.mydomain"),
    dns("soa-settings", "SOA mydomain"),
    dns("negative-soa", "A none.service.mydomain"),
    dns("consul-domain-is-not-ours", "A other.service.consul"),
    dns("alt-domain-a", "A other.service.alt.example"),
    dns("alt-domain-srv", "SRV db-main.service.alt.example"),
    dns("alt-domain-soa", "SOA alt.example"),
    dns("alt-domain-ns", "NS alt.example"),
    dns("alt-domain-negative", "A none.service.alt.example"),
    dns("alt-domain-addr", "A 0a070103.addr.alt.example"),
    dns("ptr-in-primary-domain", "PTR 2.1.7.10.in-addr.arpa"),
    dns("recursor-configured-no-answer", "A www.example.com"),
  ],
  {
    domain: "mydomain",
    alt_domain: "alt.example",
    dns_config: {
      enable_truncate: true,
      udp_answer_limit: 4,
      a_record_limit: 5,
      only_passing: true,
      node_ttl: "11s",
      service_ttl: { "*": "5s", "db*": "7s", "db-main": "9s" },
      enable_additional_node_meta_txt: false,
      soa: { expire: 1, min_ttl: 2, refresh: 3, retry: 4 },
      recursor_timeout: "200ms",
    },
    recursors: ["127.0.0.1:1"],
  },
);
