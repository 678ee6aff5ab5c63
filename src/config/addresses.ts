/**
 * Addresses as files and flags give them: an IP, an interface's name, a CIDR that selects among the machine's
 * addresses, or a template in the style of go-sockaddr. The machine's interfaces are data.
 */
import ipaddr from "ipaddr.js";
import { ConfigError } from "./error.ts";

/** One address of one interface; `prefixLength` is that of its network. */
export interface InterfaceAddress {
  readonly interface: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly up: boolean;
}

/** Longest text of addresses and templates. */
const ADDRESS_TEXT_CHARS_MAX = 4096;

/** `text` as a list of addresses, templates replaced. Throws ConfigError for a template that cannot be read. */
export function expandAddresses(text: string, machine: readonly InterfaceAddress[]): string[] {
  if (text.length > ADDRESS_TEXT_CHARS_MAX)
    throw new ConfigError(`address exceeds ${ADDRESS_TEXT_CHARS_MAX} characters`);
  const replaced = text.replace(/\{\{(.*?)\}\}/gs, (_all, pipeline: string) =>
    runPipeline(pipeline, machine).join(" "),
  );
  if (/\{\{|\}\}/.test(replaced)) throw new ConfigError(`unable to parse address template ${JSON.stringify(text)}`);
  return replaced
    .split(/\s+/)
    .filter((word) => word !== "")
    .flatMap((word) => expandWord(word, machine));
}

function expandWord(word: string, machine: readonly InterfaceAddress[]): string[] {
  if (isAddress(word) || word.startsWith("unix://")) return [word];
  const named = machine.filter((each) => each.interface === word);
  if (named.length > 0) return preferIpv4(named);
  if (ipaddr.isValidCIDR(word)) {
    const inside = machine.filter((each) => isInside(each.address, word));
    return inside.length > 0 ? preferIpv4(inside) : [word];
  }
  return [word];
}

/** True for an IPv4 address in four parts or an IPv6 address, with or without brackets. */
export function isAddress(text: string): boolean {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  return bare.includes(":") ? ipaddr.IPv6.isValid(bare) : ipaddr.IPv4.isValidFourPartDecimal(bare);
}

/** True for the addresses that stand for "any". */
export function isAnyAddress(text: string): boolean {
  return ["0.0.0.0", "::", "[::]"].includes(text);
}

/** True when `address` lies in the network `cidr`. */
function isInside(address: string, cidr: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(cidr);
  const parsed = ipaddr.parse(address);
  return parsed.kind() === network.kind() && parsed.match([network, bits]);
}

/** RFC 6890's networks for special use, which is what go-sockaddr calls private, as far as a host has such addresses. */
const PRIVATE_RANGES: readonly string[] = ["private", "carrierGradeNat", "reserved", "benchmarking"];

/** The addresses of private networks, in the machine's order. */
export function privateAddresses(machine: readonly InterfaceAddress[]): string[] {
  return machine.filter((each) => each.up && isPrivate(each.address)).map((each) => each.address);
}

function isPrivate(address: string): boolean {
  const parsed = ipaddr.parse(address);
  return parsed.kind() === "ipv4" && PRIVATE_RANGES.includes(parsed.range());
}

function isPublic(address: string): boolean {
  const parsed = ipaddr.parse(address);
  return (
    parsed.kind() === "ipv4" &&
    !["private", "carrierGradeNat", "loopback", "linkLocal", "unspecified"].includes(parsed.range())
  );
}

function preferIpv4(found: readonly InterfaceAddress[]): string[] {
  const four = found.filter((each) => ipaddr.IPv4.isValid(each.address));
  return (four.length > 0 ? four : found).slice(0, 1).map((each) => each.address);
}

const WORD = /\s*("(?:[^"\\]|\\.)*"|`[^`]*`|'[^']*'|[^\s"`']+)/y;

function wordsOf(stage: string): string[] {
  const words: string[] = [];
  WORD.lastIndex = 0;
  for (let found = WORD.exec(stage); found !== null; found = WORD.exec(stage))
    words.push((found[1] as string).replace(/^(["'`])(.*)\1$/s, "$2"));
  return words;
}

function runPipeline(pipeline: string, machine: readonly InterfaceAddress[]): string[] {
  const [source, ...filters] = pipeline.split("|").map(wordsOf);
  let found = runSource(source ?? [], machine, pipeline);
  for (const words of filters) {
    const [name = "", ...rest] = words;
    if (name === "attr") return found.map((each) => attribute(rest[0] ?? "", each, pipeline));
    if (name === "join") return [found.map((each) => attribute(rest[0] ?? "", each, pipeline)).join(rest[1] ?? " ")];
    found = runFilter(name, rest, found, pipeline);
  }
  return found.map((each) => each.address);
}

function runSource(
  words: readonly string[],
  machine: readonly InterfaceAddress[],
  pipeline: string,
): readonly InterfaceAddress[] {
  const [name = "", argument = ""] = words;
  const up = machine.filter((each) => each.up);
  const outside = up.filter((each) => !["loopback", "linkLocal"].includes(ipaddr.parse(each.address).range()));
  switch (name) {
    case "GetAllInterfaces":
      return machine;
    case "GetDefaultInterfaces":
      return outside.filter((each) => each.interface === outside[0]?.interface);
    case "GetPrivateInterfaces":
    case "GetPrivateIPs":
      return up.filter((each) => isPrivate(each.address));
    case "GetPrivateIP":
      return up.filter((each) => isPrivate(each.address)).slice(0, 1);
    case "GetPublicInterfaces":
    case "GetPublicIPs":
      return up.filter((each) => isPublic(each.address));
    case "GetPublicIP":
      return up.filter((each) => isPublic(each.address)).slice(0, 1);
    case "GetInterfaceIP":
    case "GetInterfaceIPs": {
      const named = outside.filter((each) => each.interface === argument);
      const chosen = preferIpv4(named);
      return name === "GetInterfaceIPs" ? named : named.filter((each) => chosen.includes(each.address));
    }
    default:
      throw new ConfigError(
        `unable to parse address template "{{${pipeline}}}": function ${JSON.stringify(name)} not defined`,
      );
  }
}

function runFilter(
  name: string,
  words: readonly string[],
  found: readonly InterfaceAddress[],
  pipeline: string,
): readonly InterfaceAddress[] {
  const [field = "", argument = ""] = words;
  if (name === "include") return found.filter((each) => hasTrait(each, field, argument, pipeline));
  if (name === "exclude") return found.filter((each) => !hasTrait(each, field, argument, pipeline));
  if (name === "limit") return found.slice(0, Number(field) || 0);
  if (name === "offset") return found.slice(Number(field) || 0);
  if (name === "sort" || name === "unique") return found;
  throw new ConfigError(
    `unable to parse address template "{{${pipeline}}}": function ${JSON.stringify(name)} not defined`,
  );
}

function hasTrait(each: InterfaceAddress, field: string, argument: string, pipeline: string): boolean {
  const parsed = ipaddr.parse(each.address);
  switch (field) {
    case "type":
      return argument.split("|").some((kind) => kind.toLowerCase() === parsed.kind() || kind.toLowerCase() === "ip");
    case "name":
      return each.interface === argument;
    case "network":
      return ipaddr.isValidCIDR(argument) && isInside(each.address, argument);
    case "address":
      return each.address === argument;
    case "size":
      return each.prefixLength === Number(argument);
    case "rfc":
      return rfcHolds(Number(argument), each.address);
    case "flag":
    case "flags":
      return argument.split("|").every((flag) => flagHolds(flag, each));
    default:
      throw new ConfigError(
        `unable to parse address template "{{${pipeline}}}": unsupported filter ${JSON.stringify(field)}`,
      );
  }
}

function rfcHolds(rfc: number, address: string): boolean {
  const range = ipaddr.parse(address).range();
  if (rfc === 1918) return range === "private";
  if (rfc === 6598) return range === "carrierGradeNat";
  if (rfc === 6890) return range !== "unicast";
  return rfc === 4193 && range === "uniqueLocal";
}

function flagHolds(flag: string, each: InterfaceAddress): boolean {
  const range = ipaddr.parse(each.address).range();
  if (flag === "up") return each.up;
  if (flag === "loopback") return range === "loopback";
  if (flag === "forwardable") return !["loopback", "linkLocal", "unspecified", "multicast"].includes(range);
  return flag === "global unicast" && !["loopback", "linkLocal", "unspecified", "multicast"].includes(range);
}

function attribute(name: string, each: InterfaceAddress, pipeline: string): string {
  if (name === "address") return each.address;
  if (name === "name") return each.interface;
  if (name === "size") return String(each.prefixLength);
  if (name === "string") return `${each.address}/${each.prefixLength}`;
  throw new ConfigError(
    `unable to parse address template "{{${pipeline}}}": unsupported attribute ${JSON.stringify(name)}`,
  );
}
