import { serviceConfigsOf } from "../agent/central-config/from-state.ts";
import { createHttpApp, type HttpApp } from "../http/app.ts";
import { forwardedMethods } from "../http/forwarded.ts";
import { routes } from "../http/table.ts";
import { Refusal } from "../lib/refusal.ts";
import { NO_SECRET } from "../lib/secret.ts";
import { VERSION } from "../lib/version.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { compileSoon } from "../platform/jit.ts";
import { systemRandom as random } from "../platform/random.ts";
import { raftStats } from "../raft/status.ts";
import { Guests } from "../rpc/guests.ts";
import { agentMethods } from "../server/agent-methods.ts";
import type { QueryExecutor } from "../server/query-executor.ts";
import { queryMethods } from "../server/query-methods.ts";
import { createApi } from "./api.ts";
import { makeCalling } from "./calling.ts";
import type { AskOther } from "./config-duties.ts";
import { type Core, type CoreDeps, consensusOf, startCore } from "./core.ts";
import { datacenterNames } from "./datacenters.ts";
import { remoteDns } from "./dns-remote.ts";
import { dnsState } from "./dns-state.ts";
import { measureGauges } from "./gauges.ts";
import { keyringOf } from "./keyring.ts";
import { localCatalog } from "./local-catalog.ts";
import { openAll } from "./open-parts.ts";
import { dnsQueries, queryExecutor } from "./queries.ts";
import type { Role, RoleParts } from "./role.ts";
import { knownDatacenters, leaderAddress } from "./self.ts";

/** What is answered before the connections of guests are closed. */
const GUESTS_GRACE_MS = 1000;
/** Another datacenter that can't be reached: its names are not what they were for longer than this. */
const REMOTE_STALE_MS = 60_000;

/** A node that is a server: it holds the state, and its agent writes through the same endpoints as everybody. */
export function startServer(roleParts: RoleParts): Promise<Role> {
  return openAll(async (parts) => {
    compileSoon();
    const { config, telemetry, host, onLan } = roleParts;
    let onWan = (): void => undefined;
    let remote: ReturnType<typeof remoteDns> | undefined;
    let askOther: AskOther = () => Promise.reject(new Refusal("No path to datacenter"));
    const outside: CoreDeps = {
      ...{ onLan, onWan: () => onWan() },
      askOther: (datacenter, path, signal) => askOther(datacenter, path, signal),
    };
    const core = await startCore(config, telemetry, outside, host.onFatal);
    parts.add(() => core.stop());
    const { nodeId, pools, publisher, db } = core;
    const { nodeName, datacenter } = config();
    const calling = makeCalling({ config, nodeId, telemetry, clusterSize: () => pools.lan.members().length });
    parts.add(() => calling.close());
    askOther = (other, path, signal) => calling.ask(other, path, { signal });
    const { wan } = pools;
    onWan = () => {
      if (wan !== undefined) calling.know(wan);
      remote?.retry();
    };
    onWan();
    const holdMs = () => config().performance.rpcHoldTimeoutMs;
    // What this node has just written must be seen, or it would be written again.
    const readable = () => core.raft.readIndex({ isConfirmed: false, timeoutMs: holdMs() });
    const catalog = localCatalog(db, {
      register: (registration) => core.forwarder.run("catalog.register", registration),
      deregister: (request) => core.forwarder.run("catalog.deregister", request),
      forgetDeregistered: (request) => core.forwarder.run("catalog.forgetDeregistered", request),
      readable,
    });
    const otherDns = remoteDns({
      ...{
        get: (dc, path, signal, headers) =>
          calling.ask(dc, path, { signal, ...(headers === undefined ? {} : { headers }) }),
        datacenter,
        maxStaleMs: REMOTE_STALE_MS,
        clock,
      },
      owners: () => Promise.resolve({ nodes: [], services: [] }),
    });
    remote = otherDns;
    parts.add(() => otherDns.close());
    const queries = queryExecutor(core, calling, config(), telemetry);
    const byName = dnsQueries(queries, otherDns, config());
    let guests: Guests | undefined;
    parts.add(() => guests?.close(GUESTS_GRACE_MS));
    return {
      ...{ nodeId, pools, publisher, catalog },
      dns: {
        datacenters: () => datacenterNames(wan, datacenter),
        state: dnsState(db, publisher, byName.here),
        remote: { ...otherDns, executeQuery: byName.remote },
      },
      serviceConfigs: serviceConfigsOf(db, publisher),
      keyring: keyringOf(pools, calling, datacenter),
      async sendCoordinate(Coord) {
        await core.forwarder.run("coordinate.update", { Node: nodeName, Segment: "", Coord });
      },
      createHttp(local, settings) {
        const app = createHttpApp(
          routes,
          {
            ...{ clock, random: random.float, publisher, settings, elsewhere: calling.elsewhere },
            log: telemetry.hub.logger("agent.http"),
            meter: telemetry.meter,
            consensus: consensusOf(core, holdMs),
          },
          createApi({ core, local, queries, config, calling }),
        );
        guests = serveGuests(roleParts, core, app, catalog, queries);
        return app;
      },
      stats: () => ({ consul: consulStats(core, config().bootstrap, datacenter), raft: raftStats(core.raft.status()) }),
      measure: () => measureGauges(core, telemetry.meter),
      endWaiting() {
        publisher.close();
        core.hold.close();
      },
      leave: () => core.leave(),
      stop: () => parts.close(),
    };
  });
}

/** Answers client agents and servers of other datacenters from now on. */
function serveGuests(
  { config, telemetry }: RoleParts,
  core: Core,
  app: HttpApp,
  catalog: Role["catalog"],
  queries: QueryExecutor,
): Guests {
  const { methods, continuing } = forwardedMethods(app, clock);
  const { nodeName, datacenter } = config();
  const own = agentMethods({
    db: core.db,
    register: (registration) => core.forwarder.run("catalog.register", registration),
    deregister: (request) => core.forwarder.run("catalog.deregister", request),
    forgetDeregistered: (request) => core.forwarder.run("catalog.forgetDeregistered", request),
    updateCoordinate: (update) => core.forwarder.run("coordinate.update", update),
    nodeView: (node) => catalog.nodeView(node, NO_SECRET),
  });
  const guests = new Guests({
    hello: () => ({ nodeId: core.nodeId, nodeName, datacenter, version: VERSION }),
    methods: { ...methods, ...own, ...queryMethods(queries) },
    continuing,
    ...{ clock, logger: telemetry.hub.logger("agent.server.guests"), meter: telemetry.meter },
  });
  core.serve(guests);
  return guests;
}

function consulStats({ raft, pools }: Core, bootstrap: boolean, datacenter: string): Record<string, string> {
  const { state } = raft.status();
  return {
    acl: "disabled",
    bootstrap: String(bootstrap),
    known_datacenters: String(knownDatacenters(pools.wan, datacenter)),
    leader: String(state === "Leader"),
    leader_addr: leaderAddress(raft),
    server: "true",
  };
}
