import { isAddress } from "../../config/addresses.ts";
import {
  type ExecTarget,
  type HostTarget,
  type JoinTarget,
  type MdnsTarget,
  parseJoinTarget,
} from "../../config/join-target.ts";
import type { Endpoint } from "../../gossip/messages.ts";

/** The ways to find members. */
export interface Finders {
  /** All addresses of a name, of both families; rejects when there are none. */
  lookup(host: string): Promise<readonly string[]>;
  /** Rejects when the local network can't be asked. */
  mdns(target: Pick<MdnsTarget, "service" | "domain" | "timeoutMs">): Promise<readonly Endpoint[]>;
  /** What a program prints; rejects when it fails. */
  output(command: readonly string[]): Promise<string>;
  /** Whether this node can send to an address: one without an IPv6 socket can't send to `::1`. */
  reaches(address: string): boolean;
}

/** Most addresses that one target may stand for. */
const ADDRESSES_MAX = 256;

/** The addresses that a target stands for at the moment. Rejects with a text for the operator when there are none. */
export async function resolveTarget(target: JoinTarget, finders: Finders): Promise<readonly Endpoint[]> {
  const found = await find(target, finders);
  const usable = found.filter(({ address }) => finders.reaches(address)).slice(0, ADDRESSES_MAX);
  if (usable.length > 0 || target.kind === "mdns") return usable;
  const why =
    found.length === 0 ? "nothing was found" : "none of its addresses is of a family that this node listens on";
  throw new Error(`${target.text}: ${why}`);
}

function find(target: JoinTarget, finders: Finders): Promise<readonly Endpoint[]> {
  if (target.kind === "host") return findHost(target, finders);
  return target.kind === "mdns" ? findMdns(target, finders) : findByProgram(target, finders);
}

async function findHost({ host, port }: HostTarget, { lookup }: Finders): Promise<readonly Endpoint[]> {
  if (isAddress(host)) return [{ address: host, port }];
  try {
    return (await lookup(host)).map((address) => ({ address, port }));
  } catch (error) {
    throw new Error(`Failed to resolve ${host}: lookup ${host}: ${lookupFailure(error)}`);
  }
}

const NO_SUCH_HOST = ["ENOTFOUND", "EAI_NONAME", "EAI_NODATA"];

/** In Go's words. */
function lookupFailure(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (NO_SUCH_HOST.includes(code)) return "no such host";
  if (code === "EAI_AGAIN") return "temporary failure in name resolution";
  return error instanceof Error ? error.message : String(error);
}

async function findMdns(target: MdnsTarget, { mdns }: Finders): Promise<readonly Endpoint[]> {
  const found = await mdns(target);
  return found.filter(({ address }) => (address.includes(":") ? target.v6 : target.v4));
}

/** Words that are no address, such as what a program writes beside its answer, are passed over. */
async function findByProgram({ command, port }: ExecTarget, finders: Finders): Promise<readonly Endpoint[]> {
  const words = (await finders.output(command)).split(/\s+/).slice(0, ADDRESSES_MAX);
  return words.flatMap((word) => addressesIn(word, port));
}

function addressesIn(word: string, port: number): Endpoint[] {
  try {
    const target = parseJoinTarget(word, port);
    return target.kind === "host" && isAddress(target.host) ? [{ address: target.host, port: target.port }] : [];
  } catch {
    return [];
  }
}
