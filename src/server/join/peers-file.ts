import { z } from "zod";
import type { Configuration } from "../../raft/configuration.ts";

const Peers = z
  .array(
    z.object({
      id: z
        .string()
        .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "id must be the node id (a UUID) of the server"),
      address: z.string().regex(/^(\[[^\]]+\]|[^:[\]\s]+):\d{1,5}$/, "address must be host:port of its server port"),
      non_voter: z.boolean().default(false),
    }),
  )
  .min(1, "there must be at least one server");

/**
 * Reads `raft/peers.json`, in Consul's format for servers that are known by id. Throws an Error for the operator.
 * `ownId` must be among them: who isn't named shall not go on.
 */
export function readPeersFile(text: string, ownId: string): Configuration {
  const fail = (why: string) => new Error(`raft/peers.json can't be used: ${why}; write it right or remove it`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw fail((error as Error).message);
  }
  const found = Peers.safeParse(json);
  if (!found.success) {
    const issue = found.error.issues[0];
    throw fail(`${issue?.path.join(".") ?? ""} ${issue?.message ?? "not a list of servers"}`.trim());
  }
  const servers = found.data.map(({ id, address, non_voter }) => ({
    id: id.toLowerCase(),
    address,
    voter: !non_voter,
  }));
  for (const field of ["id", "address"] as const) {
    const values = servers.map((server) => server[field]);
    if (new Set(values).size < values.length) throw fail(`two servers have the same ${field}`);
  }
  if (!servers.some(({ voter }) => voter)) throw fail("at least one server must be a voter");
  if (!servers.some(({ id }) => id === ownId)) throw fail(`this server (${ownId}) is not in it`);
  return { servers };
}

/**
 * Id of the cluster that such a file makes of an old one: the same on each server that is given the same file, so that
 * they find each other again, and another than before, so that those left out can't come back.
 */
export async function recoveredClusterId(oldClusterId: string, { servers }: Configuration): Promise<string> {
  const sorted = [...servers].sort((a, b) => (a.id < b.id ? -1 : 1));
  const text = JSON.stringify([oldClusterId, sorted.map(({ id, address, voter }) => [id, address, voter])]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const hex = new Uint8Array(digest).toHex().slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
