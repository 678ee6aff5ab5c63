import ipaddr from "ipaddr.js";
import type { Config } from "../config/config.ts";
import type { DnsConfig } from "../dns/config.ts";
import type { HttpSettings } from "../http/deps.ts";

const JSON_BODY_BYTES_MAX = 8 * 1024 * 1024;

/** What the HTTP edge takes from the configuration. */
export function httpSettings(config: Config): HttpSettings {
  return {
    datacenter: config.datacenter,
    primaryDatacenter: config.primaryDatacenter,
    waitLimits: {
      defaultQueryTimeMs: config.defaultQueryTimeMs,
      maxQueryTimeMs: config.maxQueryTimeMs,
      discoveryMaxStaleMs: config.discoveryMaxStaleMs,
    },
    ignoresCached: !config.httpConfig.useCache,
    takesUnprintablePaths: config.disableHttpUnprintableCharFilter,
    alwaysPretty: config.dev,
    responseHeaders: {
      ...config.httpConfig.responseHeaders,
      ...(config.translateWanAddrs ? { "X-Consul-Translate-Addresses": "true" } : {}),
    },
    blockedEndpoints: config.httpConfig.blockEndpoints,
    waitingPerClientMax: config.limits.httpMaxConnsPerClient,
    jsonBodyBytesMax: JSON_BODY_BYTES_MAX,
    translatesWanAddresses: config.translateWanAddrs,
    bodyLimits: { kvValueBytesMax: config.limits.kvMaxValueSize, txnBytesMax: config.limits.txnMaxReqLen },
    ...writers(config.httpConfig.allowWriteHttpFrom),
  };
}

/** Who may write, by networks in CIDR notation; an IPv4 address that came over IPv6 counts as what it is. */
function writers(cidrs: readonly string[]): Pick<HttpSettings, "mayWrite"> {
  if (cidrs.length === 0) return {};
  const networks = cidrs.map((cidr) => ipaddr.parseCIDR(cidr));
  return {
    mayWrite(address) {
      if (!ipaddr.isValid(address)) return false;
      const ip = ipaddr.process(address);
      return networks.some(([network, bits]) => network.kind() === ip.kind() && ip.match([network, bits]));
    },
  };
}

/** What the DNS edge takes from the configuration. */
export function dnsSettings(config: Config): DnsConfig {
  const dns = config.dnsConfig;
  const seconds = (ms: number) => Math.floor(ms / 1000);
  return {
    domain: config.domain,
    altDomain: config.altDomain,
    datacenter: config.datacenter,
    nodeTtlS: seconds(dns.nodeTtlMs),
    serviceTtlS: Object.fromEntries(Object.entries(dns.serviceTtlMs).map(([name, ms]) => [name, seconds(ms)])),
    onlyPassing: dns.onlyPassing,
    enableTruncate: dns.enableTruncate,
    udpAnswerLimit: dns.udpAnswerLimit,
    aRecordLimit: dns.aRecordLimit,
    recursors: config.recursors,
    recursorTimeoutMs: dns.recursorTimeoutMs,
    recursorStrategy: dns.recursorStrategy === "random" ? "random" : "sequential",
    enableAdditionalNodeMetaTxt: dns.enableAdditionalNodeMetaTxt,
    disableCompression: dns.disableCompression,
    soa: {
      refreshS: dns.soa.refresh,
      retryS: dns.soa.retry,
      expireS: dns.soa.expire,
      minTtlS: dns.soa.minTtl,
    },
    translateWanAddrs: config.translateWanAddrs,
  };
}
