import type { Config } from "../config/config.ts";
import { systemClock as clock } from "../platform/clock.ts";
import type { Logger } from "../ports/logger.ts";
import { FederationStateCopier } from "../server/federation-state-copier.ts";
import { FederationStateKeeper } from "../server/federation-state-keeper.ts";
import type { Propose } from "../server/propose.ts";
import type { LeaderDuty } from "../server/server.ts";
import type { AskOther } from "./config-duties.ts";
import type { StateParts } from "./state-parts.ts";

/** What a leader does so that datacenters know each other's mesh gateways. */
export function federationDuties(deps: {
  config: Pick<Config, "datacenter">;
  state: Pick<StateParts, "db" | "publisher">;
  propose: Propose;
  datacenters: () => readonly string[];
  askOther: AskOther;
  log: Logger;
}): LeaderDuty[] {
  const { config, state, propose, datacenters, askOther: ask, log } = deps;
  const common = { datacenter: config.datacenter, db: state.db, propose, clock, log };
  return [
    new FederationStateKeeper({ ...common, publisher: state.publisher }),
    new FederationStateCopier({ ...common, datacenters, ask }),
  ];
}
