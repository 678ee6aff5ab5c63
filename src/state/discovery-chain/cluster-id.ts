import { MsgpackReader } from "../../codec/msgpack/reader.ts";
import { struct, text } from "../../codec/msgpack/shape.ts";
import { WireError } from "../../codec/wire-error.ts";
import type { StateDb } from "../db.ts";
import { keptOf } from "../kept-records/records.ts";

/** Consul's number of the records of the certificate authority's configuration. */
const CA_CONFIG_TYPE = 15;

const shape = struct({ ClusterID: text });

/** The id by which a cluster that was restored from Consul's archive is named in its certificates, if it had any. */
export function restoredClusterId(db: StateDb): string | undefined {
  for (const { value } of keptOf(db.$client, CA_CONFIG_TYPE)) {
    const id = clusterIdIn(value);
    if (id !== "") return id;
  }
  return undefined;
}

function clusterIdIn(record: Uint8Array): string {
  try {
    return shape.read(new MsgpackReader(record)).ClusterID;
  } catch (error) {
    if (error instanceof WireError) return "";
    throw error;
  }
}
