import type { Area } from "../harness/types.ts";
import { aclOff } from "./acl-off.ts";
import { agentChecks } from "./agent-checks.ts";
import { agentMaintenance } from "./agent-maintenance.ts";
import { agentSelf } from "./agent-self.ts";
import { agentServices } from "./agent-services.ts";
import { blockingQueries } from "./blocking.ts";
import { catalog } from "./catalog.ts";
import { centralConfig, configBootstrap } from "./central-config.ts";
import { cliServer } from "./cli.ts";
import { cliKv } from "./cli-kv.ts";
import { cliOffline } from "./cli-offline.ts";
import { config, configAll } from "./config.ts";
import { configGateways } from "./config-gateways.ts";
import { configRouting } from "./config-routing.ts";
import { consistency, consistencyConfig } from "./consistency.ts";
import { discoveryChain, discoveryChainOff } from "./discovery-chain.ts";
import { dnsDefault } from "./dns.ts";
import { dnsOptions } from "./dns-options.ts";
import { federation } from "./federation.ts";
import { filter } from "./filter.ts";
import { gateways } from "./gateways.ts";
import { health } from "./health.ts";
import { internalUi, internalUiDomains } from "./internal-ui.ts";
import { keyring, keyringOff } from "./keyring.ts";
import { kv } from "./kv.ts";
import { coordinate, event, snapshot, status } from "./misc.ts";
import { newerRoutes } from "./newer-routes.ts";
import { operator, operatorConfig } from "./operator.ts";
import { bodyEnds, protocol, protocolConfig } from "./protocol.ts";
import { query } from "./query.ts";
import { session } from "./session.ts";
import { transactions } from "./txn.ts";
import { watches } from "./watches.ts";

/** Every area, in the order of the report. */
export const AREAS: readonly Area[] = [
  kv,
  session,
  query,
  transactions,
  config,
  configAll,
  configRouting,
  configGateways,
  catalog,
  health,
  gateways,
  internalUi,
  internalUiDomains,
  federation,
  centralConfig,
  discoveryChain,
  discoveryChainOff,
  configBootstrap,
  agentServices,
  agentChecks,
  agentMaintenance,
  agentSelf,
  dnsDefault,
  dnsOptions,
  cliKv,
  cliServer,
  cliOffline,
  blockingQueries,
  filter,
  bodyEnds,
  protocol,
  protocolConfig,
  event,
  coordinate,
  status,
  operator,
  operatorConfig,
  keyring,
  keyringOff,
  consistency,
  consistencyConfig,
  snapshot,
  aclOff,
  watches,
  newerRoutes,
];
