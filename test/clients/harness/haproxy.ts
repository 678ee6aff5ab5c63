import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePorts, until } from "../../support/e2e/agent.ts";
import { pathOf, type Running, startProgram } from "./programs.ts";

const MS_MAX = 20_000;

export interface Backend {
  /** A name for SRV records, or `name:port` for addresses. */
  readonly name: string;
  /** How many servers there may be. */
  readonly slots: number;
  readonly resolver: string;
}

export interface ServerState {
  /** `address:port`. */
  readonly at: string;
  readonly weight: number;
}

export interface HaProxy extends Running {
  /** The servers of a backend that are in use, in the order of their addresses. */
  inUse(backend: string): Promise<readonly ServerState[]>;
  untilInUse(backend: string, wanted: readonly string[]): Promise<readonly ServerState[]>;
  /** What the backend's servers say, once each for so many requests. */
  ask(backend: string, times: number): Promise<readonly string[]>;
  /** Asks until each of these has answered; rejects when somebody else does. A newcomer's turn may be some requests away. */
  untilSaid(backend: string, wanted: readonly string[]): Promise<void>;
}

/**
 * Starts HAProxy with a frontend for each backend. Resolvers are lines of `resolvers` sections by their name; all look
 * again a few times a second.
 */
export async function startHaProxy(
  dir: string,
  resolvers: Readonly<Record<string, readonly string[]>>,
  backends: Readonly<Record<string, Backend>>,
): Promise<HaProxy> {
  mkdirSync(dir, { recursive: true });
  const names = Object.keys(backends);
  const ports = await freePorts(names.length);
  const timing = [
    "timeout resolve 200ms",
    "timeout retry 300ms",
    "hold valid 100ms",
    "hold nx 0ms",
    "hold obsolete 0ms",
  ];
  const section = (title: string, lines: readonly string[]) => [title, ...lines.map((line) => `  ${line}`)];
  const config = [
    ...section("global", [`stats socket ${join(dir, "stats.sock")} mode 600 level admin`]),
    ...section("defaults", ["mode http", "timeout connect 2s", "timeout client 10s", "timeout server 10s"]),
    ...Object.entries(resolvers).flatMap(([name, lines]) => section(`resolvers ${name}`, [...lines, ...timing])),
    ...Object.entries(backends).flatMap(([name, { name: asked, slots, resolver }], at) => [
      ...section(`frontend ${name}`, [`bind 127.0.0.1:${ports[at]}`, `default_backend ${name}`]),
      ...section(`backend ${name}`, [
        "balance roundrobin",
        `server-template ${name} ${slots} ${asked} resolvers ${resolver} resolve-prefer ipv4 init-addr none`,
      ]),
    ]),
  ];
  writeFileSync(join(dir, "haproxy.cfg"), `${config.join("\n")}\n`);
  const running = startProgram(dir, "haproxy", [pathOf("haproxy"), "-db", "-f", "haproxy.cfg"]);
  const inUse = async (backend: string) => {
    const rows = (await command(join(dir, "stats.sock"), `show servers state ${backend}`)).split("\n");
    return usable(rows);
  };
  const untilInUse = async (backend: string, wanted: readonly string[]) => {
    let found: readonly ServerState[] = [];
    const looked = async () => {
      await running.stillRuns();
      found = await inUse(backend).catch(() => []);
      return found.map(({ at }) => at).join() === [...wanted].sort().join();
    };
    await until(looked, `${backend} to use ${wanted}`, MS_MAX).catch(async (error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : error}; in use: ${JSON.stringify(found)}`);
    });
    return found;
  };
  const ask = async (backend: string, times: number) => {
    const url = `http://127.0.0.1:${ports[names.indexOf(backend)]}/`;
    const said: string[] = [];
    while (said.length < times) said.push(await (await fetch(url, { keepalive: false })).text());
    return said;
  };
  return {
    ...running,
    inUse,
    untilInUse,
    ask,
    async untilSaid(backend, wanted) {
      const missing = new Set(wanted);
      const looked = async () => {
        const [said = ""] = await ask(backend, 1);
        if (!wanted.includes(said)) throw new Error(`${backend} was answered by ${said}`);
        missing.delete(said);
        return missing.size === 0;
      };
      await until(looked, `${backend} to be answered by ${wanted}`, MS_MAX);
    },
  };
}

/** One command of the runtime API: the connection ends with the answer. */
async function command(socket: string, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = "";
  const connection = connect(socket, () => connection.write(`${text}\n`));
  connection.on("data", (part) => {
    said += part.toString();
  });
  connection.on("error", reject);
  connection.on("end", () => resolve(said));
  return await promise;
}

/** Fields by their place in the table's version 1: address, operational and administrative state, user's weight, port. */
const [ADDRESS, OPERATIONAL, ADMIN, WEIGHT, PORT] = [4, 5, 6, 7, 18];
/** By the configuration, by another server, by its address being unknown. */
const IN_MAINTENANCE = 0x27;

function usable(rows: readonly string[]): readonly ServerState[] {
  return rows
    .filter((row) => /^\d+ /.test(row))
    .map((row) => row.split(" "))
    .filter((row) => row[OPERATIONAL] === "2" && (Number(row[ADMIN]) & IN_MAINTENANCE) === 0)
    .map((row) => ({ at: `${row[ADDRESS]}:${row[PORT]}`, weight: Number(row[WEIGHT]) }))
    .sort((one, other) => (one.at < other.at ? -1 : 1));
}
