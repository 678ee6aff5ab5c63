import { area, http } from "../harness/dsl.ts";
import { anyIndex } from "../harness/refine.ts";
import type { Json } from "../harness/types.ts";

const READS = {
  kv: "/v1/kv/a",
  catalog: "/v1/catalog/nodes",
  health: "/v1/health/service/consul",
  session: "/v1/session/list",
};
const MODES = [
  "",
  "stale",
  "consistent",
  "leader",
  "cached&leader",
  "stale=false",
  "max_stale=10s",
  "max_stale=0s",
  "max_stale=-1s",
  "max_stale=",
  "max_stale=x",
  "stale&max_stale=1h",
  "stale&consistent",
  "max_stale=1s&consistent",
  "max_stale=0s&consistent",
  "cached&consistent",
  "leader&stale",
];

const named = (mode: string) => mode.replace(/[&=]/g, "-").replace(/-+$/, "-empty") || "default";
const readsInAllModes = Object.entries(READS).flatMap(([name, path]) =>
  MODES.map((mode) =>
    http(`${name}-${named(mode)}`, `GET ${path}${mode === "" ? "" : `?${mode}`}`, { refine: [anyIndex] }),
  ),
);

const TXN: Json = [{ KV: { Verb: "get", Key: "a" } }];
const transactions = ["", "?stale", "?consistent", "?max_stale=1s", "?stale&consistent", "?max_stale=x"].map((query) =>
  http(`txn-${named(query.slice(1))}`, `PUT /v1/txn${query}`, { body: TXN, refine: [anyIndex] }),
);
const write = http("write", "PUT /v1/kv/a", { body: "v" });

/** What a read may ask of its answer's age. One server is always its own leader, so only the words differ. */
export const consistency = area("consistency", [write, ...readsInAllModes, ...transactions]);

/** Reads of catalog and health that say nothing are stale, others are not. */
export const consistencyConfig = area("consistency-config", [write, ...readsInAllModes], {
  discovery_max_stale: "10s",
});
