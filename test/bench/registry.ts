import type { Target } from "./peers.ts";

/** Services that the reads ask for, and how many instances each has. */
export const SERVICES = { ten: 10, hundred: 100 } as const;

/** Registers every service through the catalog: each instance on a node of its own, with one passing check. */
export async function registerServices(server: Target): Promise<void> {
  for (const [name, count] of Object.entries(SERVICES)) {
    for (let at = 0; at < count; at++) {
      await put(server, "/v1/catalog/register", {
        Node: `${name}-${at}`,
        Address: `10.1.${count > 50 ? 1 : 0}.${at + 1}`,
        Service: { ID: `${name}-${at}`, Service: name, Port: 8000 + at },
        Check: { CheckID: `service:${name}-${at}`, Name: "alive", ServiceID: `${name}-${at}`, Status: "passing" },
      });
    }
  }
}

/** A prepared query of each service, under its name. */
export async function createQueries(server: Target): Promise<void> {
  for (const name of Object.keys(SERVICES)) {
    await write(server, "POST", "/v1/query", { Name: name, Service: { Service: name } });
  }
}

/** Keys of a transaction; Consul takes no more. */
const KEYS_PER_TRANSACTION = 64;

/** Writes `count` keys of `valueBytes` bytes, many in a transaction. */
export async function writeKeys(server: Target, count: number, valueBytes: number): Promise<void> {
  const value = Buffer.alloc(valueBytes, "v").toString("base64");
  for (let from = 0; from < count; from += KEYS_PER_TRANSACTION) {
    const length = Math.min(KEYS_PER_TRANSACTION, count - from);
    const operations = Array.from({ length }, (_, at) => ({
      KV: { Verb: "set", Key: `bench/key${from + at}`, Value: value },
    }));
    await put(server, "/v1/txn", operations);
  }
}

const put = (server: Target, path: string, body: unknown) => write(server, "PUT", path, body);

/** Throws when the server refuses. */
async function write(server: Target, method: string, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${server.url}${path}`, { method, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${server.peer.name} ${path}: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}
