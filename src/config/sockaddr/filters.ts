/** The filters of address templates: which addresses `include` keeps and `exclude` drops. */
import ipaddr from "ipaddr.js";
import { compileRegexp } from "../../lang/re2/regexp.ts";
import { familyOf, type InterfaceAddress, isInside } from "../addresses.ts";
import { addressText } from "./attributes.ts";
import { isInNetworks, networksOfRfc } from "./networks.ts";
import { TemplateError } from "./parse.ts";

type Test = (each: InterfaceAddress) => boolean;

const any =
  (tests: readonly Test[]): Test =>
  (each) =>
    tests.some((test) => test(each));

/**
 * What `include "field" "argument"` asks of an address. Several values are separated by `|`, and one that holds is enough,
 * for flags too (observed). Throws TemplateError.
 */
export function filterOf(field: string, argument: string): Test {
  const values = argument.split("|");
  switch (field.toLowerCase()) {
    case "address":
      return matches(argument, addressText);
    case "flag":
    case "flags":
      return any(values.map((flag) => flagTest(flag.toLowerCase())));
    case "name":
      return matches(argument, (each) => each.interface);
    case "network":
      return any(values.map(networkTest));
    case "port":
      return matches(argument, () => "0");
    case "rfc":
    case "rfcs":
      return any(values.map(rfcTest));
    case "size":
      return sizeTest(argument);
    case "type":
      return any(values.map((type) => typeTest(type.toLowerCase())));
    default:
      throw new TemplateError(`unsupported filter ${JSON.stringify(field)}`);
  }
}

function matches(pattern: string, textOf: (each: InterfaceAddress) => string): Test {
  const regexp = compileRegexp(pattern);
  return (each) => regexp.test(textOf(each));
}

const UNROUTED = ["loopback", "linkLocal", "unspecified", "multicast", "broadcast"];
const range = (each: InterfaceAddress) => ipaddr.parse(each.address).range();
const hasFlag =
  (flag: string): Test =>
  (each) =>
    each.flags?.includes(flag) ?? false;
const isUnicast: Test = (each) => !UNROUTED.includes(range(each));

const FLAGS: Readonly<Record<string, Test>> = {
  broadcast: hasFlag("broadcast"),
  // Go's rule, which takes away the flag of being up and then asks for nothing.
  down: () => true,
  forwardable: isUnicast,
  "global unicast": isUnicast,
  "interface-local multicast": (each) => /^ff[0-9a-f]1:/.test(each.address),
  "link-local multicast": (each) => /^(ff[0-9a-f]2:|224\.0\.0\.)/.test(each.address),
  "link-local unicast": (each) => range(each) === "linkLocal",
  loopback: (each) => range(each) === "loopback",
  multicast: hasFlag("multicast"),
  "point-to-point": hasFlag("point-to-point"),
  unspecified: (each) => range(each) === "unspecified",
  up: (each) => each.up,
};

function flagTest(flag: string): Test {
  const test = Object.hasOwn(FLAGS, flag) ? FLAGS[flag] : undefined;
  if (test === undefined) throw new TemplateError(`unknown interface flag: ${JSON.stringify(flag)}`);
  return test;
}

function networkTest(network: string): Test {
  const cidr = network.includes("/") ? network : `${network}/${network.includes(":") ? 128 : 32}`;
  if (!ipaddr.isValidCIDR(cidr)) throw new TemplateError(`${JSON.stringify(network)} is no network`);
  const prefixLength = ipaddr.parseCIDR(cidr)[1];
  // The whole network of the address must lie within (observed).
  return (each) =>
    familyOf(each.address) === familyOf(cidr) && each.prefixLength >= prefixLength && isInside(each.address, cidr);
}

function rfcTest(text: string): Test {
  const networks = /^\d+$/.test(text) ? networksOfRfc(Number(text)) : undefined;
  if (networks === undefined) throw new TemplateError(`unsupported RFC ${text}`);
  return (each) => isInNetworks(each.address, networks);
}

const PREFIX_LENGTH_MAX = 128;

function sizeTest(text: string): Test {
  const size = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(size <= PREFIX_LENGTH_MAX)) throw new TemplateError(`invalid size ${JSON.stringify(text)}`);
  return (each) => each.prefixLength === size;
}

function typeTest(type: string): Test {
  if (type === "ip") return () => true;
  if (type === "unix") return () => false;
  if (type !== "ipv4" && type !== "ipv6") throw new TemplateError(`unsupported type ${JSON.stringify(type)}`);
  return (each) => familyOf(each.address) === type;
}
