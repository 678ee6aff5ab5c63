import type { KeysResult, Pool } from "../gossip/types.ts";
import { Refusal } from "../lib/refusal.ts";

/** An order about the keys of gossip, to all members of a pool. */
export interface KeyringOrder {
  readonly action: "list" | "install" | "use" | "remove";
  /** Base64; "" for a list. */
  readonly key: string;
  /** Members that each answer is sent through beside the direct way, against loss. */
  readonly relayFactor: number;
}

/** What became of it in one pool; plain data, so that it can come from another datacenter. */
export interface KeyringAnswer {
  readonly wan: boolean;
  readonly datacenter: string;
  /** Why not all did it; "" when all did. */
  readonly error: string;
  /** Of members, by name: why they could not. */
  readonly messages: Readonly<Record<string, string>>;
  /** By key in base64: how many members have it, and how many have it as primary. */
  readonly keys: Readonly<Record<string, number>>;
  readonly primaryKeys: Readonly<Record<string, number>>;
  readonly members: number;
}

/** Gives an order to one pool. Never rejects for what a key or a member is to blame for. */
export async function orderKeys(
  pool: Pick<Pool, "keys">,
  of: { readonly wan: boolean; readonly datacenter: string },
  { action, key, relayFactor }: KeyringOrder,
): Promise<KeyringAnswer> {
  try {
    const { keys } = pool;
    const result = await (action === "list" ? keys.list({ relayFactor }) : keys[action](key, { relayFactor }));
    return {
      ...of,
      error: errorOf(result),
      messages: Object.fromEntries(result.messages),
      keys: Object.fromEntries(result.keys),
      primaryKeys: Object.fromEntries(result.primaryKeys),
      members: result.members,
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...of, error: error.message, messages: {}, keys: {}, primaryKeys: {}, members: 0 };
  }
}

/** Serf's words. */
function errorOf({ errors, members, responses }: KeysResult): string {
  if (errors > 0) return `${errors}/${members} nodes reported failure`;
  return responses === members ? "" : `${responses}/${members} nodes reported success`;
}
