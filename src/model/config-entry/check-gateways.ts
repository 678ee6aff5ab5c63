import { goQuote } from "../../lang/filter/go-string.ts";
import type { IngressGateway, IngressListener, TerminatingGateway } from "./gateways.ts";

/** What a check finds: a text in Consul's words, or undefined for nothing. */
type Problem = string | undefined;

const WILDCARD = "*";
const PROTOCOLS = ["tcp", "http", "http2", "grpc"];

export function normalIngress(entry: IngressGateway): IngressGateway {
  const Listeners =
    entry.Listeners?.map((listener) => ({ ...listener, Protocol: listener.Protocol.toLowerCase() || "tcp" })) ?? null;
  return { ...entry, Listeners };
}

export function checkIngress({ Name, Listeners, TLS }: IngressGateway): Problem {
  const ports = new Set<number>();
  for (const listener of Listeners ?? []) {
    if (ports.has(listener.Port)) return `port ${listener.Port} declared on two listeners`;
    ports.add(listener.Port);
    const problem = listenerProblem(listener, TLS.Enabled);
    if (problem !== undefined) return problem;
  }
  return Name === "" ? "failed inserting config entry: object missing primary index" : undefined;
}

function listenerProblem({ Port, Protocol, Services }: IngressListener, isTls: boolean): Problem {
  const where = `(listener on port ${Port})`;
  if (!PROTOCOLS.includes(Protocol)) {
    return `protocol must be 'tcp', 'http', 'http2', or 'grpc'. '${Protocol}' is an unsupported protocol`;
  }
  if (Services === null || Services.length === 0) return `No service declared for listener with port ${Port}`;
  if (Protocol !== "http" && Services.length > 1) {
    return `Multiple services per listener are only supported for protocol = 'http' ${where}`;
  }
  const hosts = new Set<string>();
  for (const { Name, Hosts } of Services) {
    const all = Hosts ?? [];
    if (Protocol === "tcp" && Name === WILDCARD) {
      return `Wildcard service name is only valid for protocol = 'http' ${where}`;
    }
    if (Protocol === "tcp" && all.length > 0) {
      return `Associating hosts to a service is not supported for the ${Protocol} protocol ${where}`;
    }
    if (Name === "") return `Service name cannot be blank ${where}`;
    if (Name === WILDCARD && all.length > 0) return `Associating hosts to a wildcard service is not supported ${where}`;
    for (const host of all) {
      if (hosts.has(host)) return `Hosts must be unique within a specific listener ${where}`;
      hosts.add(host);
      const problem = hostProblem(host, isTls);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function hostProblem(host: string, isTls: boolean): Problem {
  if (host === WILDCARD && isTls) {
    return "Host '*' is not allowed when TLS is enabled, all hosts must be valid DNS records to add as a DNSSAN";
  }
  if (!isDomainName(host)) return `Host ${goQuote(host)} must be a valid DNS hostname`;
  const isInside = host !== WILDCARD && host.replace(/^\*\./, "").includes(WILDCARD);
  if (!isInside) return undefined;
  return `Host ${goQuote(host)} is not valid, a wildcard specifier is only allowed as the leftmost label`;
}

const LABEL_BYTES_MAX = 63;
const NAME_BYTES_MAX = 256;
/** `\\DDD` is one byte. */
const ESCAPE_CHARS_MAX = 4;

/** Whether it can be packed into a DNS message: labels of any bytes, escapes count as one (as the DNS library of Consul has it). */
function isDomainName(name: string): boolean {
  if (name === "" || name.length > NAME_BYTES_MAX * ESCAPE_CHARS_MAX) return false;
  // One character for each byte, so that lengths are those on the wire.
  const bytes = String.fromCharCode(...new TextEncoder().encode(name.endsWith(".") ? name : `${name}.`));
  const plain = bytes.replace(/\\(?:[0-9]{3}|.)/gs, "x");
  if (/\.\./.test(plain) || plain.length > NAME_BYTES_MAX) return false;
  return plain.split(".").every((label) => label.length <= LABEL_BYTES_MAX);
}

export function checkTerminating({ Name, Services }: TerminatingGateway): Problem {
  const seen = new Set<string>();
  for (const { Name: service, CAFile, CertFile, KeyFile } of Services ?? []) {
    if (service === "") return "Service name cannot be blank.";
    if (seen.has(service)) return `Service ${goQuote(service)} was specified more than once within a namespace`;
    seen.add(service);
    const isClientTls = CertFile !== "" || KeyFile !== "";
    if (isClientTls && (CAFile === "" || CertFile === "" || KeyFile === "")) {
      return `Service ${goQuote(service)} must have a CertFile, CAFile, and KeyFile specified for TLS origination`;
    }
  }
  return Name === "" ? "serviceName is required" : undefined;
}
