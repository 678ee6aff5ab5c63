import type { ExportedSummary } from "../../model/internal-ui.ts";
import { exportedServices } from "../config-entries/exported-services.ts";
import type { StateDb } from "../db.ts";
import type { QueryResult } from "../query.ts";

/** Services that a peer may use, by name; nothing else of them is said (Consul 1.14). */
export function uiExportedServices(db: StateDb, peer: string): QueryResult<ExportedSummary[]> {
  const found = exportedServices(db);
  const names = found.value.filter(({ Consumers }) => Consumers.Peers.includes(peer)).map(({ Service }) => Service);
  return { ...found, value: names.map(nameOnly) };
}

const nameOnly = (Name: string): ExportedSummary => ({
  ...{ Name, Datacenter: "", Tags: null, Nodes: null, ExternalSources: null, InstanceCount: 0 },
  ...{ ChecksPassing: 0, ChecksWarning: 0, ChecksCritical: 0, GatewayConfig: {} },
  ...{ TransparentProxy: false, ConnectNative: false, ConnectedWithProxy: false, ConnectedWithGateway: false },
});
