import type { LocalAgentDeps, NodeDeps, ReachabilityDeps, TelemetryDeps } from "./agent-deps.ts";
import type { KeyringDeps, OperatorDeps } from "./operator-deps.ts";
import { agentCheckRoutes } from "./routes/agent-check.ts";
import { agentHealthRoutes } from "./routes/agent-health.ts";
import { agentMaintenanceRoutes } from "./routes/agent-maintenance.ts";
import { agentNodeRoutes } from "./routes/agent-node.ts";
import { agentReachabilityRoutes } from "./routes/agent-reachability.ts";
import { agentServiceRoutes } from "./routes/agent-service.ts";
import { agentTelemetryRoutes } from "./routes/agent-telemetry.ts";
import { agentVersionRoutes } from "./routes/agent-version.ts";
import { type CatalogDeps, catalogRoutes } from "./routes/catalog.ts";
import { type CentralConfigDeps, centralConfigRoutes } from "./routes/central-config.ts";
import { type ConfigDeps, configRoutes } from "./routes/config.ts";
import { type CoordinateDeps, coordinateRoutes } from "./routes/coordinate.ts";
import { type DebugDeps, debugPprofRoutes } from "./routes/debug-pprof.ts";
import { type DiscoveryChainDeps, discoveryChainRoutes } from "./routes/discovery-chain.ts";
import { type EventDeps, eventRoutes } from "./routes/event.ts";
import { type ExportedServicesDeps, exportedServicesRoutes } from "./routes/exported-services.ts";
import { type FederationStateDeps, federationStateRoutes } from "./routes/federation-state.ts";
import { type HealthDeps, healthRoutes } from "./routes/health.ts";
import { type InternalUiDeps, internalUiRoutes } from "./routes/internal-ui.ts";
import { type KvDeps, kvRoutes } from "./routes/kv.ts";
import { openApiRoutes } from "./routes/openapi.ts";
import { operatorAutopilotRoutes } from "./routes/operator-autopilot.ts";
import { operatorKeyringRoutes } from "./routes/operator-keyring.ts";
import { operatorRaftRoutes } from "./routes/operator-raft.ts";
import { operatorUsageRoutes, type UsageDeps } from "./routes/operator-usage.ts";
import { peeringRoutes } from "./routes/peering.ts";
import { type QueryDeps, queryRoutes } from "./routes/query.ts";
import { type SessionDeps, sessionRoutes } from "./routes/session.ts";
import { type SnapshotDeps, snapshotRoutes } from "./routes/snapshot.ts";
import { type StatusDeps, statusRoutes } from "./routes/status.ts";
import { type StreamDeps, streamRoutes } from "./routes/stream.ts";
import { type TxnDeps, txnRoutes } from "./routes/txn.ts";

/** Every route that is served. The order is that of the documents made from it. */
export const routes = [
  ...agentNodeRoutes,
  ...agentReachabilityRoutes,
  ...agentServiceRoutes,
  ...agentCheckRoutes,
  ...agentMaintenanceRoutes,
  ...agentHealthRoutes,
  ...agentTelemetryRoutes,
  ...agentVersionRoutes,
  ...catalogRoutes,
  ...healthRoutes,
  ...kvRoutes,
  ...sessionRoutes,
  ...queryRoutes,
  ...txnRoutes,
  ...centralConfigRoutes,
  ...eventRoutes,
  ...configRoutes,
  ...discoveryChainRoutes,
  ...internalUiRoutes,
  ...federationStateRoutes,
  ...coordinateRoutes,
  ...statusRoutes,
  ...operatorRaftRoutes,
  ...operatorAutopilotRoutes,
  ...operatorKeyringRoutes,
  ...operatorUsageRoutes,
  ...exportedServicesRoutes,
  ...peeringRoutes,
  ...debugPprofRoutes,
  ...snapshotRoutes,
  ...streamRoutes,
  ...openApiRoutes,
] as const;

/** What the handlers of all routes need from below. */
export type Api = CatalogDeps &
  ConfigDeps &
  CentralConfigDeps &
  CoordinateDeps &
  DiscoveryChainDeps &
  DebugDeps &
  EventDeps &
  FederationStateDeps &
  ExportedServicesDeps &
  HealthDeps &
  InternalUiDeps &
  KvDeps &
  LocalAgentDeps &
  NodeDeps &
  KeyringDeps &
  OperatorDeps &
  QueryDeps &
  ReachabilityDeps &
  SessionDeps &
  SnapshotDeps &
  StatusDeps &
  StreamDeps &
  TelemetryDeps &
  TxnDeps &
  UsageDeps;
