import type { Config } from "../config/config.ts";

/** Where the id of a cluster may come from. */
interface ClusterIds {
  /** Of the cluster that the state was restored from. */
  readonly restored: string | undefined;
  /** Of the cluster of servers. */
  readonly own: string;
}

/**
 * The last part of the names in certificates of the mesh: `<cluster id>.consul`. What was once in use goes on; else the id is that of
 * the configuration, else that of the cluster of servers, which never changes either.
 */
export function trustDomainOf({ connect }: Pick<Config, "connect">, { restored, own }: ClusterIds): string {
  const configured = connect.caConfig.cluster_id;
  const id = restored || (typeof configured === "string" ? configured : "") || own;
  return `${id}.consul`.toLowerCase();
}
