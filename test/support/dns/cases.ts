/** The questions put to the real Consul and to the answerer, in groups that share a configuration. */
import { DNS_CONFIG_DEFAULTS, type DnsConfig } from "../../../src/dns/config.ts";

export interface DnsCase {
  readonly name: string;
  readonly type: string | number;
  readonly transport?: "udp" | "tcp";
  readonly ednsBytes?: number;
  readonly subnet?: string;
  /** The answer is a random part of all records: only its size is compared. */
  readonly part?: true;
}

export interface DnsGroup {
  readonly title: string;
  /** The same settings in Consul's words and in ours. */
  readonly consul: Record<string, unknown>;
  readonly config: DnsConfig;
  readonly cases: readonly DnsCase[];
}

const ADDRESS_TYPES = ["A", "AAAA", "SRV", "TXT", "ANY", "MX", "CNAME"];

function all(name: string, types: readonly string[] = ADDRESS_TYPES): DnsCase[] {
  return types.map((type) => ({ name, type }));
}

const NAMES: DnsCase[] = [
  ...["plain", "meta", "six", "hosted", "inside", "dotted.node", "dual", "sick"].flatMap((n) =>
    all(`${n}.node.consul`),
  ),
  ...["api", "only6", "addr6", "ext", "exthost", "chase", "chase-alt", "chase-svc", "loop", "selfname", "solo"].flatMap(
    (n) => all(`${n}.service.consul`),
  ),
  ...["mixext", "twoext", "twin", "dualnode", "dualsvc", "sameaddr", "onmixed", "oninside", "dotname"].flatMap((n) =>
    all(`${n}.service.consul`, ["A", "AAAA", "SRV", "ANY"]),
  ),
  ...["nope.node.consul", "nope.service.consul", "consul", "foo.consul", "service.consul", "node.consul"].flatMap((n) =>
    all(n, ["A", "SRV", "SOA", "NS", "AXFR"]),
  ),
  ...[
    "PLAIN.NODE.consul",
    "SelfName.Service.Consul",
    "uppercase.service.consul",
    "UPPERCASE.service.CONSUL",
    "mixed-case_name.node.consul",
    "name.service.consul",
    "mixed.name.service.consul",
    "_under.service.consul",
    "a.b.api.service.consul",
    "A.B.api.service.consul",
    "v1.api.service.consul",
    "gone.api.service.consul",
    "sick.api.service.consul",
    "x.v1.api.service.consul",
    "_api._tcp.service.consul",
    "_api._v1.service.consul",
    "_api._udp.service.consul",
    "_solo._udp.service.consul",
    "_solo._.service.consul",
    "_api.service.consul",
    "_api._tcp.consul",
    "_api._tcp.dc1.consul",
    "api._tcp.service.consul",
    "web.connect.consul",
    "x.web.connect.consul",
    "native.connect.consul",
    "api.connect.consul",
    "web.ingress.consul",
    "api.virtual.consul",
    "api.service.dc1.consul",
    "api.service.DC1.consul",
    "api.service.dc2.consul",
    "api.service.x.dc1.consul",
    "plain.node.dc1.consul",
    "plain.node.dc2.consul",
    "plain.node.dc1.dc.consul",
    "api.service.alt.test",
    "meta.node.alt.test",
    "nope.node.alt.test",
    "alt.test",
    "web-api.service.consul",
    "webby.service.consul",
    "consul.service.consul",
    "n1.node.consul",
    "0a000001.addr.consul",
    "0A000001.addr.dc9.consul",
    "0a0000.addr.consul",
    "0a00000.addr.consul",
    "0a0000012.addr.consul",
    "zz000001.addr.consul",
    "a.0a000001.addr.consul",
    "20010db8000000000000000000000006.addr.consul",
    "nope.query.consul",
    "x.query.dc2.consul",
    "example.com",
    "example.consul.com",
    "notconsul",
  ].flatMap((n) => all(n, ["A", "AAAA", "SRV"])),
  { name: "consul", type: "NS" },
  { name: "alt.test", type: "SOA" },
  { name: "x.y.consul", type: "SOA" },
  { name: "example.com", type: "SOA" },
];

const REVERSE: DnsCase[] = [
  "1.0.0.10.in-addr.arpa",
  "2.0.0.10.in-addr.arpa",
  "5.0.0.10.in-addr.arpa",
  "2.9.9.10.in-addr.arpa",
  "99.9.9.10.in-addr.arpa",
  "0.0.10.in-addr.arpa",
  "6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
  "9.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.d.0.1.0.0.2.IP6.arpa",
  "arpa",
].flatMap((n) => all(n, ["PTR", "A", "SOA", "NS"]));

const SIZES: DnsCase[] = [
  ...[undefined, 512, 513, 640, 1232, 4096].flatMap((ednsBytes): DnsCase[] =>
    ["web", "wide", "long"].flatMap((n) =>
      ["A", "SRV", "ANY"].map(
        (type): DnsCase => ({
          name: `${n}.service.consul`,
          type,
          part: true,
          ...(ednsBytes === undefined ? {} : { ednsBytes }),
        }),
      ),
    ),
  ),
  { name: "wide.service.consul", type: "SRV", transport: "tcp", part: true },
  { name: "wide.service.consul", type: "A", transport: "tcp", part: true },
  { name: "web.service.consul", type: "SRV", transport: "tcp" },
  { name: "meta.node.consul", type: "A", transport: "tcp" },
];

const EDNS: DnsCase[] = ["solo.service.consul", "meta.node.consul", "nope.service.consul", "example.com"].flatMap(
  (name): DnsCase[] => [
    { name, type: "A", ednsBytes: 1232 },
    { name, type: "A", ednsBytes: 4096, subnet: "10.1.2.0/24" },
    { name, type: "A", ednsBytes: 4096, subnet: "2001:db8::/32" },
  ],
);

export const GROUPS: readonly DnsGroup[] = [
  {
    title: "usual",
    consul: {
      alt_domain: "alt.test",
      dns_config: { service_ttl: { "*": "7s", "web*": "11s", "web-a*": "13s", api: "17s" }, node_ttl: "5s" },
    },
    config: {
      ...DNS_CONFIG_DEFAULTS,
      altDomain: "alt.test",
      serviceTtlS: { "*": 7, "web*": 11, "web-a*": 13, api: 17 },
      nodeTtlS: 5,
    },
    cases: [...NAMES, ...REVERSE, ...SIZES, ...EDNS],
  },
  {
    title: "all keys changed",
    consul: {
      domain: "Corp.Example.",
      dns_config: {
        only_passing: true,
        enable_truncate: true,
        a_record_limit: 2,
        udp_answer_limit: 5,
        disable_compression: true,
        enable_additional_node_meta_txt: false,
        soa: { refresh: 1, retry: 2, expire: 3, min_ttl: 4 },
      },
    },
    config: {
      ...DNS_CONFIG_DEFAULTS,
      domain: "Corp.Example.",
      onlyPassing: true,
      enableTruncate: true,
      aRecordLimit: 2,
      udpAnswerLimit: 5,
      disableCompression: true,
      enableAdditionalNodeMetaTxt: false,
      soa: { refreshS: 1, retryS: 2, expireS: 3, minTtlS: 4 },
    },
    cases: [
      ...["plain.node", "meta.node", "api.service", "solo.service", "chase.service", "nope.service"].flatMap((n) =>
        all(`${n}.corp.example`, ["A", "AAAA", "SRV", "TXT", "ANY"]),
      ),
      ...SIZES.map((one) => ({ ...one, name: one.name.replace("consul", "corp.example") })),
      { name: "corp.example", type: "SOA" },
      { name: "CORP.example", type: "NS" },
      { name: "api.service.consul", type: "A" },
      { name: "1.0.0.10.in-addr.arpa", type: "PTR" },
    ],
  },
];
