/** `math` of address templates: other addresses, counted from those of the machine. */
import type { InterfaceAddress } from "../addresses.ts";
import { fromBits, hostMask, networkOf, toBits } from "./bits.ts";
import { TemplateError } from "./parse.ts";

/**
 * `address`: so many further. `network`: so many from the network's first address, or with a minus from its last one.
 * `mask`: the first address of the network of that length. Throws TemplateError.
 */
export function calculate(operation: string, argument: string, each: InterfaceAddress): InterfaceAddress {
  if (operation === "mask") return masked(argument, each);
  if (operation !== "address" && operation !== "network")
    throw new TemplateError(`unsupported math operation: ${JSON.stringify(operation)}`);
  const [, sign, digits = ""] = /^\s*([+-])(\d+)$/.exec(argument) ?? [];
  if (sign === undefined)
    throw new TemplateError(`a sign (+ or -) and a number are required for operation ${JSON.stringify(operation)}`);
  const count = BigInt(sign + digits);
  const { value, width } = toBits(each.address);
  if (operation === "address") return { ...each, address: fromBits({ value: value + count, width }) };
  const mask = hostMask(width, each.prefixLength);
  const { first, last } = networkOf(each.address, each.prefixLength);
  const moved = sign === "+" ? first.value + (count & mask) : last.value - ((-count - 1n) & mask);
  return { ...each, address: fromBits({ value: moved, width }) };
}

function masked(argument: string, each: InterfaceAddress): InterfaceAddress {
  const { width } = toBits(each.address);
  const length = /^\d+$/.test(argument) ? Number(argument) : Number.NaN;
  if (!(length <= width)) throw new TemplateError(`a mask has between 0 and ${width} bits`);
  return {
    ...each,
    address: fromBits(networkOf(each.address, length).first),
    prefixLength: Math.min(length, each.prefixLength),
  };
}
