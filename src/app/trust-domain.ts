import type { Config } from "../config/config.ts";

/**
 * The last part of the names in certificates of the mesh: `<cluster id>.consul`. The id is that of the configuration, else that of the
 * cluster of servers, which never changes either.
 */
export function trustDomainOf({ connect }: Pick<Config, "connect">, clusterId: string): string {
  const configured = connect.caConfig.cluster_id;
  const id = typeof configured === "string" && configured !== "" ? configured : clusterId;
  return `${id}.consul`.toLowerCase();
}
