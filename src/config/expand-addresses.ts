/**
 * Addresses as files and flags give them: an IP, an interface's name, a CIDR that selects among the machine's
 * addresses, or a template in the style of go-sockaddr.
 */
import ipaddr from "ipaddr.js";
import { type Family, familyOf, type InterfaceAddress, isAddress, isInside, isLocal } from "./addresses.ts";
import { chooseAddress } from "./choose-address.ts";
import { ConfigError } from "./error.ts";
import { TemplateError } from "./sockaddr/parse.ts";
import { runTemplate } from "./sockaddr/run.ts";

/** Longest text of addresses and templates. */
const ADDRESS_TEXT_CHARS_MAX = 4096;

/**
 * `text` as a list of addresses. A name or network that stands for several gives the one that others most likely reach, of
 * `family` when that is given, else IPv4 rather than IPv6. What is no address stays as it is. Throws ConfigError for a
 * template that can't be read.
 */
export function expandAddresses(text: string, machine: readonly InterfaceAddress[], family?: Family): string[] {
  if (text.length > ADDRESS_TEXT_CHARS_MAX)
    throw new ConfigError(`address exceeds ${ADDRESS_TEXT_CHARS_MAX} characters`);
  return (text.includes("{{") ? replaceTemplates(text, machine) : text)
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => expandWord(word, machine, family));
}

function replaceTemplates(text: string, machine: readonly InterfaceAddress[]): string {
  try {
    return runTemplate(text, machine);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new ConfigError(`unable to parse address template ${JSON.stringify(text)}: ${error.message}`);
  }
}

function expandWord(word: string, machine: readonly InterfaceAddress[], family: Family | undefined): string {
  if (isAddress(word) || word.startsWith("unix://")) return word;
  const named = machine.filter((each) => each.interface === word);
  const found =
    named.length === 0 && ipaddr.isValidCIDR(word) ? machine.filter((each) => inNetwork(each, word)) : named;
  const wanted = family ?? (found.some((each) => familyOf(each.address) === "ipv4") ? "ipv4" : "ipv6");
  const ofFamily = found.filter((each) => familyOf(each.address) === wanted);
  const wide = ofFamily.filter((each) => !isLocal(each.address));
  return chooseAddress(wide.length > 0 ? wide : ofFamily)?.chosen.address ?? word;
}

const inNetwork = (each: InterfaceAddress, cidr: string) => isInside(each.address, cidr);

/** Why a word is no address, for a person who meant an interface or a network by it. */
export function notAnAddress(word: string, machine: readonly InterfaceAddress[]): string {
  const names = [...new Set(machine.map((each) => each.interface))].join(", ");
  if (ipaddr.isValidCIDR(word)) return `no address of this machine is in ${word}`;
  return `${JSON.stringify(word)} is neither an address nor an interface with one (${names || "none has one"})`;
}
