/** The order of addresses in templates. */
import { familyOf, type InterfaceAddress } from "../addresses.ts";
import { toBits } from "./bits.ts";
import { isPrivate } from "./networks.ts";

type Compare = (a: InterfaceAddress, b: InterfaceAddress) => number;

const by =
  (rank: (each: InterfaceAddress) => number | bigint | string): Compare =>
  (a, b) => {
    const [left, right] = [rank(a), rank(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  };

const byType = by((each) => toBits(each.address).width);
const byValue = by((each) => toBits(each.address).value);

/** What a clause means; undefined when it is none. */
function compareBy(clause: string, machine: readonly InterfaceAddress[]): Compare | undefined {
  switch (clause) {
    case "address":
      // Addresses of two families have no order of their own.
      return (a, b) => byType(a, b) || byValue(a, b);
    case "default": {
      const name = defaultInterface(machine);
      return by((each) => (each.interface === name ? 0 : 1));
    }
    case "name":
      return by((each) => each.interface);
    case "port":
      return () => 0;
    case "private":
      return by((each) => (isPrivate(each.address) ? 0 : 1));
    case "size":
      // The larger network first; of two families that is the one with the shorter mask.
      return by((each) => each.prefixLength);
    case "type":
      return byType;
    default:
      return undefined;
  }
}

/** A stable order by clauses such as `default,-type,size`, or the first one that is none. */
export function sortBy(
  clauses: string,
  found: readonly InterfaceAddress[],
  machine: readonly InterfaceAddress[],
): { readonly sorted: InterfaceAddress[] } | { readonly unknown: string } {
  const compares: Compare[] = [];
  for (const clause of clauses.split(",")) {
    const [, sign, name = ""] = /^([+-]?)(.*)$/s.exec(clause.trim().toLowerCase()) ?? [];
    const compare = compareBy(name, machine);
    if (compare === undefined) return { unknown: clause };
    compares.push(sign === "-" ? (a, b) => compare(b, a) : compare);
  }
  const sorted = [...found].sort((a, b) => {
    for (const compare of compares) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  });
  return { sorted };
}

/** The interface that the default route leaves by: IPv4's, or IPv6's where there is none of IPv4. */
export function defaultInterface(machine: readonly InterfaceAddress[]): string | undefined {
  const withRoute = machine.filter((each) => each.defaultGateway !== undefined);
  return (withRoute.find((each) => familyOf(each.address) === "ipv4") ?? withRoute[0])?.interface;
}
