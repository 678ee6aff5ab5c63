/** What Consul refuses of a service in the catalog, in its words and in its order (observed, 1.8.7). Pure. */
import type { NodeService } from "./service.ts";

const PORT_MAX = 65535;
const ANY_ADDRESSES = ["0.0.0.0", "::", "[::]"];

/** True for an address that stands for all of them, which nobody can be sent to. */
export function isAnyAddress(address: string): boolean {
  return ANY_ADDRESSES.includes(address);
}

/** Everything that is wrong with an instance's proxy, gateway or sidecar settings as one text, or undefined. */
export function instanceProblem(service: NodeService): string | undefined {
  const problems: string[] = [];
  if (service.Kind === "connect-proxy") problems.push(...proxyProblems(service));
  else if (service.Kind?.endsWith("-gateway")) problems.push(...gatewayProblems(service, service.Kind));
  const sidecar = record(service.Connect.SidecarService);
  if (sidecar !== undefined && !service.Kind?.endsWith("-gateway")) {
    if (sidecar.ID) problems.push("A SidecarService cannot specify an ID as this is managed by the agent");
    if (record(record(sidecar.Connect)?.SidecarService)) {
      problems.push("A SidecarService cannot have a nested SidecarService");
    }
  }
  return problems.length === 0 ? undefined : multiError(problems);
}

function proxyProblems({ Proxy: proxy, Port, Connect }: NodeService): string[] {
  const problems: string[] = [];
  if (text(proxy.DestinationServiceName).trim() === "") {
    problems.push("Proxy.DestinationServiceName must be non-empty for Connect proxy services");
  }
  if (Port === 0) problems.push("Port must be set for a Connect proxy");
  if (Connect.Native === true) problems.push("A Proxy cannot also be Connect Native, only typical services");
  problems.push(...upstreamProblems(records(proxy.Upstreams)), ...exposeProblems(records(record(proxy.Expose)?.Paths)));
  return problems;
}

/** One problem an upstream: Consul stops at its first. */
function upstreamProblems(upstreams: readonly Fields[]): string[] {
  const problems: string[] = [];
  const known = new Set<string>();
  const bound = new Set<string>();
  for (const upstream of upstreams) {
    const [type, name] = [text(upstream.DestinationType), text(upstream.DestinationName)];
    const port = number(upstream.LocalBindPort);
    const key = `type="${type}", name="${name}", namespace="${text(upstream.DestinationNamespace)}", datacenter="${text(upstream.Datacenter)}"`;
    const at = `${text(upstream.LocalBindAddress) || "127.0.0.1"}:${port}`;
    if (type !== "" && type !== "service" && type !== "prepared_query") {
      problems.push(`unknown upstream destination type: ${JSON.stringify(type)}`);
    } else if (name === "") problems.push("upstream destination name cannot be empty");
    else if (port === 0) problems.push("upstream local bind port cannot be zero");
    else if (known.has(key)) problems.push(`upstreams cannot contain duplicates of [${key}]`);
    else if (bound.has(at)) {
      problems.push(`upstreams cannot contain duplicates by local bind address and port; "${at}" is specified twice`);
    } else {
      known.add(key);
      bound.add(at);
    }
  }
  return problems;
}

function exposeProblems(paths: readonly Fields[]): string[] {
  const problems: string[] = [];
  const seenPaths = new Set<string>();
  const seenPorts = new Set<number>();
  for (const each of paths) {
    const [path, port, protocol] = [text(each.Path), number(each.ListenerPort), text(each.Protocol)];
    if (path === "") problems.push("expose.paths: empty path exposed");
    if (seenPaths.has(path)) problems.push("expose.paths: duplicate paths exposed");
    if (seenPorts.has(port)) problems.push("expose.paths: duplicate listener ports exposed");
    if (port <= 0 || port > PORT_MAX) problems.push(`expose.paths: invalid listener port: ${port}`);
    if (protocol !== "" && protocol !== "http" && protocol !== "http2") {
      problems.push(`protocol '${protocol}' not supported for path: ${path}, must be in: [http http2]`);
    }
    seenPaths.add(path);
    seenPorts.add(port);
  }
  return problems;
}

const FORBIDDEN_TO_GATEWAYS = [
  "DestinationServiceName",
  "DestinationServiceID",
  "LocalServiceAddress",
  "LocalServicePort",
  "Upstreams",
] as const;

function gatewayProblems({ Proxy: proxy, Port, Connect }: NodeService, kind: string): string[] {
  const problems: string[] = [];
  if (kind !== "ingress-gateway" && Port === 0) problems.push(`Port must be non-zero for a ${kind}`);
  if (Connect.SidecarService !== undefined) problems.push(`A ${kind} cannot have a sidecar service defined`);
  for (const field of FORBIDDEN_TO_GATEWAYS) {
    if (proxy[field] !== undefined) problems.push(`The Proxy.${field} configuration is invalid for a ${kind}`);
  }
  return problems;
}

/** The form that Go's multierror prints. */
function multiError(problems: readonly string[]): string {
  const count = problems.length === 1 ? "1 error" : `${problems.length} errors`;
  return `${count} occurred:\n${problems.map((problem) => `\t* ${problem}\n`).join("")}\n`;
}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
function records(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map((item) => record(item) ?? {}) : [];
}
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" ? value : 0);
