import { CoordinateSender } from "../agent/coordinate-sender.ts";
import type { Syncer } from "../agent/sync/syncer.ts";
import { UserEvents } from "../agent/user-events.ts";
import type { Config } from "../config/config.ts";
import { applyReloadable } from "../config/reload.ts";
import { type DnsServer, startDns } from "../dns/server.ts";
import type { DnsSource } from "../dns/source.ts";
import type { PoolEvent } from "../gossip/types.ts";
import { parseServer } from "../model/member-tags.ts";
import { readWatches } from "../model/watch/definition.ts";
import { systemClock as clock } from "../platform/clock.ts";
import { joinHostPort } from "../platform/go-net-error.ts";
import { releaseMemoryWhenQuiet } from "../platform/memory-release.ts";
import { systemRandom as random } from "../platform/random.ts";
import { tcp } from "../platform/tcp-server.ts";
import { udp } from "../platform/udp.ts";
import { COMPARE_QUERY } from "../server/agent-names.ts";
import { agentRole } from "./agent-role.ts";
import type { NodeHost } from "./host.ts";
import { makeJoining } from "./joining.ts";
import { listenAll } from "./listeners.ts";
import { measureRegularly } from "./measure-regularly.ts";
import { nodeApi, reachabilityApi, telemetryApi } from "./node-api.ts";
import { type OpenParts, openAll } from "./open-parts.ts";
import { remoteExec } from "./remote-exec.ts";
import type { Role, StartRole } from "./role.ts";
import { dnsSettings, httpSettings } from "./settings.ts";
import type { Telemetry } from "./telemetry.ts";
import { makeWatches, rereadWatches } from "./watches.ts";

/** As long as Consul's: streams end only so, and everything that was asked and can be answered is answered by then. */
const STOP_GRACE_MS = 1000;

/** One running agent, server or client. */
export interface RunningNode {
  readonly nodeId: string;
  /**
   * Takes the settings that may change while running, and leaves the others as they are. Rejects for a bad definition
   * of a service or check.
   */
  reload(config: Config): Promise<void>;
  /** Takes this node out of its cluster. Rejects when the others could not be told. */
  leave(): Promise<void>;
  /** Answers what is under way, stops edges and checks, and closes the files. */
  stop(): Promise<void>;
}

/**
 * Starts everything, in the order in which it may be asked for: what the disk and the files say is registered before
 * the first request or query is taken. When a part can't start, those before it are closed again and it rejects.
 */
export function startNode(first: Config, telemetry: Telemetry, host: NodeHost): Promise<RunningNode> {
  return openAll((parts) => start(first, telemetry, host, parts));
}

/** A client needs neither the log nor the state, and does not load what they take. */
async function roleOf({ server }: Config): Promise<StartRole> {
  return server ? (await import("./server-node.ts")).startServer : (await import("./client-node.ts")).startClient;
}

async function start(first: Config, telemetry: Telemetry, host: NodeHost, parts: OpenParts): Promise<RunningNode> {
  let config = first;
  const current = () => config;
  const definitions = readWatches(first.watches);
  const startRole = await roleOf(first);
  // The pool may find its members again, and they tell their events, before everything here is made.
  const early: PoolEvent[] = [];
  let onEvent = (event: PoolEvent) => void early.push(event);
  const role = await startRole({ config: current, telemetry, onLan: (event) => onEvent(event), host });
  parts.add(() => role.stop());
  if (telemetry.isPushed) parts.add(measureRegularly(() => role.measure(), clock));
  const local = agentRole(current, role, telemetry, host);
  parts.add(() => local.agent.stop());
  await local.agent.start();
  const exec = remoteExec(first, () => app, telemetry, host.env.SHELL ?? "");
  parts.add(() => exec.close());
  const events = userEvents(current, role, local.agent, telemetry, exec.onEvent);
  parts.add(sendCoordinates(first, role, telemetry));
  const joining = makeJoining(first, role.pools, telemetry, host.onFatal);
  parts.add(() => joining.stop());
  let settings = httpSettings(first);
  const api = {
    agent: local.agent,
    node: nodeApi({ role, agent: local.agent, host, config: current, join: joining.join }),
    telemetry: telemetryApi(telemetry, () => role.measure()),
    reachability: reachabilityApi(role.pools),
    keyring: role.keyring,
    debug: { isEnabled: () => current().enableDebug },
    event: { fire: events.fire.bind(events), list: events.list.bind(events) },
  };
  const app = role.createHttp(api, () => settings);
  onEvent = (event) => {
    if (event.kind === "join") joining.onJoin();
    if (event.kind === "user") events.receive(event);
    else hearOfServers(event, local.agent.syncer);
  };
  for (const event of early) onEvent(event);
  const dns = await dnsEdge(first, role.dns, telemetry);
  parts.add(() => dns?.close());
  const listeners = listenAll(first, app);
  parts.add(async () => {
    role.endWaiting();
    await Promise.all(listeners.map((listener) => listener.close(STOP_GRACE_MS)));
  });
  parts.add(releaseMemoryWhenQuiet(clock));
  await joining.start();
  const watches = makeWatches(current, () => app, telemetry, host.env.SHELL ?? "");
  parts.add(() => watches.stop());
  await watches.run(definitions);
  return {
    nodeId: role.nodeId,
    async reload(wanted) {
      const before = config;
      const nextWatches = rereadWatches(wanted);
      config = applyReloadable(before, wanted);
      try {
        await local.reload(config);
      } catch (error) {
        config = before;
        throw error;
      }
      const { encryptVerifyIncoming: incoming, encryptVerifyOutgoing: outgoing } = config;
      for (const pool of [role.pools.lan, role.pools.wan]) pool?.verify({ incoming, outgoing });
      settings = httpSettings(config);
      dns?.reconfigure(dnsSettings(config));
      await watches.run(nextWatches);
    },
    leave() {
      // What it has goes with it; it must not tell the catalog again.
      local.agent.stop();
      return role.leave();
    },
    stop: () => parts.close(),
  };
}

/** What in the pool says that the catalog should be compared: a server came, or the leader asks for it. */
function hearOfServers(event: Exclude<PoolEvent, { kind: "user" }>, syncer: Syncer): void {
  if (event.kind === "query") {
    if (event.query.name === COMPARE_QUERY) syncer.compareSoon();
  } else if (event.kind === "join" && parseServer(event.member.tags) !== undefined) syncer.serverUp();
}

function userEvents(
  config: () => Config,
  role: Role,
  agent: ReturnType<typeof agentRole>["agent"],
  telemetry: Telemetry,
  onExec: (payload: Uint8Array | null) => void,
) {
  return new UserEvents({
    target: {
      nodeName: () => config().nodeName,
      services: () => agent.services().map(({ service }) => ({ name: service.Service, tags: service.Tags ?? [] })),
    },
    broadcast: (name, payload) => role.pools.lan.userEvent(name, payload, false),
    onExec,
    publisher: role.publisher,
    uuid: random.uuid,
    log: telemetry.hub.logger("agent"),
  });
}

function sendCoordinates(config: Config, role: Role, { hub }: Telemetry): () => void {
  if (config.disableCoordinates) return () => undefined;
  const { lan } = role.pools;
  const sender = new CoordinateSender({
    coordinate: () => lan.coordinate(),
    send: (coordinate) => role.sendCoordinate(coordinate),
    size: () => lan.members().length,
    ...{ clock, random, log: hub.logger("agent") },
  });
  sender.start();
  return () => sender.stop();
}

async function dnsEdge(config: Config, source: DnsSource, { hub, meter }: Telemetry): Promise<DnsServer | undefined> {
  const { port, addresses } = { port: config.ports.dns, addresses: config.addresses.dns };
  if (port === null) return undefined;
  const listen = addresses.map((address) => ({ address, port }));
  return startDns({
    ...{ listen, source, clock, random, meter, udp, tcp },
    nodeName: config.nodeName,
    config: dnsSettings(config),
    log: hub.logger("agent.dns"),
  }).catch((error: unknown) => {
    const names = addresses.map((address) => joinHostPort(address, port)).join(", ");
    throw new Error(`Failed to listen for DNS on ${names}: ${error instanceof Error ? error.message : String(error)}`);
  });
}
