import { z } from "zod";
import { parseDurationMs } from "../../lib/duration.ts";
import { Refusal } from "../../lib/refusal.ts";
import { KVPair } from "../../model/kv.ts";
import type { QueryResult } from "../../state/query.ts";
import { readBody } from "../body.ts";
import { parseUint } from "../parse-uint.ts";
import { flag, one, READ_QUERY } from "../query-schema.ts";
import { defineRoute, json, type Reply, reply } from "../route.ts";

export interface KvDeps {
  kv: {
    get(key: string): QueryResult<KVPair | undefined>;
    list(prefix: string): QueryResult<KVPair[]>;
    keys(prefix: string, separator: string): QueryResult<string[]>;
    put(put: KvPut): Promise<boolean>;
    delete(key: string, cas?: number): Promise<boolean>;
    deleteTree(prefix: string): Promise<boolean>;
  };
}

interface KvPut {
  key: string;
  value: Uint8Array;
  flags: bigint;
  cas?: number | undefined;
  acquire?: string | undefined;
  release?: string | undefined;
  ttlMs?: number | undefined;
}

const KEY_PATH = "/v1/kv/:key{.*}";
const NOT_FOUND: Reply = reply({ status: 404 });
const RAW_HEADERS = {
  "content-type": "text/plain",
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox",
};

const getKey = defineRoute({
  method: "GET",
  path: KEY_PATH,
  summary: "Read a key, all keys under a prefix (`recurse`), or their names (`keys`)",
  query: z.object({ ...READ_QUERY, recurse: flag, keys: flag, separator: one, raw: flag }),
  answer: z.array(z.union([KVPair, z.string()])),
  acl: "key:read",
  blocking: "index",
  bareRefusals: true,
  namespaced: true,
  read({ params, query }, { kv }: KvDeps): QueryResult<(KVPair | string)[] | Reply> {
    const key = params.key ?? "";
    if (query.keys) return keyNames(kv, key, query.separator ?? "");
    if (query.recurse) {
      const list = kv.list(key);
      return { ...list, value: list.value.length === 0 ? NOT_FOUND : list.value };
    }
    if (key === "") throw new Refusal("Missing key name", 400);
    const found = kv.get(key);
    if (found.value === undefined) return { ...found, value: NOT_FOUND };
    const pair = found.value;
    return { ...found, value: query.raw ? reply({ body: pair.Value ?? "", headers: RAW_HEADERS }) : [pair] };
  },
});

/** An empty store has an empty list of names at its root; any other empty prefix is missing (observed, 1.8.7). */
function keyNames(kv: KvDeps["kv"], prefix: string, separator: string): QueryResult<string[] | Reply> {
  const names = kv.keys(prefix, separator);
  return { ...names, value: names.value.length === 0 && prefix !== "" ? NOT_FOUND : names.value };
}

const putKey = defineRoute({
  method: "PUT",
  path: KEY_PATH,
  summary: "Write a key, on a condition (`cas`), as a lock (`acquire`, `release`), or for a time (`ttl`)",
  query: z.object({ dc: one, ns: one, flags: one, cas: one, acquire: one, release: one, ttl: one }),
  answer: z.boolean(),
  acl: "key:write",
  namespaced: true,
  async handle({ params, query, raw, bodyLimits }, { kv }: KvDeps) {
    const key = params.key ?? "";
    if (key === "") throw new Refusal("Missing key name", 400);
    refuseConflicts(query);
    const { kvValueBytesMax: bytesMax } = bodyLimits();
    const put: KvPut = {
      key,
      value: NO_BYTES,
      flags: query.flags === undefined ? 0n : parseUint(query.flags),
      cas: query.cas === undefined ? undefined : Number(parseUint(query.cas)),
      acquire: query.acquire,
      release: query.release,
      ttlMs: query.ttl === undefined ? undefined : parseTtl(query.ttl),
    };
    put.value = await readBody(raw, bytesMax, (bytes) => valueTooLarge(bytes, bytesMax));
    return json(await kv.put(put));
  },
});

const deleteKey = defineRoute({
  method: "DELETE",
  path: KEY_PATH,
  summary: "Delete a key, or everything under a prefix (`recurse`)",
  query: z.object({ dc: one, ns: one, recurse: flag, cas: one }),
  answer: z.boolean(),
  acl: "key:write",
  namespaced: true,
  async handle({ params, query }, { kv }: KvDeps) {
    const key = params.key ?? "";
    if (query.recurse && query.cas !== undefined) {
      throw new Refusal(`Conflicting flags: cas=${query.cas}&recurse=`, 400);
    }
    if (query.recurse) return json(await kv.deleteTree(key));
    if (key === "") throw new Refusal("Missing key name", 400);
    return json(await kv.delete(key, query.cas === undefined ? undefined : Number(parseUint(query.cas))));
  },
});

export const kvRoutes = [getKey, putKey, deleteKey] as const;

const NO_BYTES = new Uint8Array();

function refuseConflicts(query: {
  cas?: string | undefined;
  acquire?: string | undefined;
  release?: string | undefined;
}) {
  const given = (["acquire", "cas", "release"] as const).filter((name) => query[name] !== undefined);
  if (given.length < 2) return;
  throw new Refusal(`Conflicting flags: ${given.map((name) => `${name}=${query[name]}`).join("&")}`, 400);
}

function parseTtl(text: string): number {
  let ttlMs = 0;
  try {
    ttlMs = parseDurationMs(text);
  } catch (error) {
    throw new Refusal(`Invalid ttl: ${(error as Error).message}`, 400);
  }
  if (ttlMs < TTL_MS_MIN || ttlMs > TTL_MS_MAX) {
    throw new Refusal(`Invalid ttl ${JSON.stringify(text)}: must be between 1s and 8760h`, 400);
  }
  return ttlMs;
}
const TTL_MS_MIN = 1000;
const TTL_MS_MAX = 8760 * 3600 * 1000;

function valueTooLarge(bytes: number, bytesMax: number): Refusal {
  return new Refusal(
    `Request body(${bytes} bytes) too large, max size: ${bytesMax} bytes. See https://www.consul.io/docs/agent/options.html#kv_max_value_size.`,
    413,
  );
}
