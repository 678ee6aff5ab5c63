import { join } from "node:path";
import { until } from "../../../support/e2e/agent.ts";
import type { Network, Place } from "./network.ts";

/** Networks of one's own need user namespaces, which some containers forbid, and `ip` of iproute2. */
export const canCut =
  Bun.which("ip") !== null &&
  Bun.spawnSync(["unshare", "-rn", "ip", "link", "add", "br0", "type", "bridge"], { stderr: "ignore" }).success;

const PREFIX = "10.77.0";
const mac = (host: number) => `02:00:00:00:00:${host.toString(16).padStart(2, "0")}`;
/** No interface has it: frames to it vanish. */
const NOWHERE = "02:00:00:00:ff:ff";

interface Namespace {
  /** Words that run a program in it. */
  readonly enter: readonly string[];
  readonly pid: number;
  close(): Promise<void>;
}

interface Host extends Namespace {
  readonly number: number;
  readonly address: string;
}

/**
 * One network namespace for each server, and a switch between them. HTTP goes over socket files, so clients reach every
 * server whatever is cut.
 *
 * A cut sends the frames from one server to another into the void: nobody is told, as with a pulled cable, and the other
 * direction still works.
 */
export class Namespaces implements Network {
  readonly #switch: Namespace;
  readonly #hosts: Host[] = [];

  private constructor(middle: Namespace) {
    this.#switch = middle;
  }

  static async open(): Promise<Namespaces> {
    const middle = await namespace(["unshare", "-rnm"], ["-U", "-n", "-m"]);
    await run(middle, "ip link set lo up && ip link add br0 type bridge && ip link set br0 up");
    return new Namespaces(middle);
  }

  async place(): Promise<Place> {
    const number = this.#hosts.length + 1;
    const address = `${PREFIX}.${number}`;
    const own = await namespace([...this.#switch.enter, "unshare", "-n"], ["-U", "-n", "-m"]);
    const host = { ...own, number, address };
    await run(
      this.#switch,
      `ip link add v${number} type veth peer name eth0 address ${mac(number)} netns ${own.pid} && ip link set v${number} master br0 up`,
    );
    await run(own, `ip link set lo up && ip addr add ${address}/24 dev eth0 && ip link set eth0 up`);
    this.#hosts.push(host);
    // Nobody asks for an address, so a cut of one direction never becomes one of both.
    for (const other of this.#hosts.filter((each) => each !== host)) {
      await this.#route(host, other, mac(other.number));
      await this.#route(other, host, mac(number));
    }
    return {
      address,
      wrapper: own.enter,
      http: (dir) => {
        const unix = join(dir, "http.sock");
        return { endpoint: { url: "http://localhost", unix }, config: { addresses: { http: `unix://${unix}` } } };
      },
    };
  }

  /** Nothing of what `from` sends reaches `to` any more. */
  async cut(from: Place, to: Place): Promise<void> {
    await this.#route(this.#host(from), this.#host(to), NOWHERE);
  }

  /** Neither side hears the other. */
  async split(one: readonly Place[], other: readonly Place[]): Promise<void> {
    for (const a of one) {
      for (const b of other) {
        await this.cut(a, b);
        await this.cut(b, a);
      }
    }
  }

  /** Everybody hears everybody. */
  async heal(): Promise<void> {
    for (const from of this.#hosts) {
      for (const to of this.#hosts.filter((each) => each !== from)) await this.#route(from, to, mac(to.number));
    }
  }

  async close(): Promise<void> {
    for (const host of this.#hosts) await host.close();
    await this.#switch.close();
  }

  #host({ address }: Place): Host {
    const host = this.#hosts.find((each) => each.address === address);
    if (host === undefined) throw new Error(`${address} is no place of this network`);
    return host;
  }

  async #route(from: Host, to: Host, lladdr: string): Promise<void> {
    await run(from, `ip neigh replace ${to.address} lladdr ${lladdr} dev eth0 nud permanent`);
  }
}

async function run({ enter }: Namespace, script: string): Promise<void> {
  const child = Bun.spawn([...enter, "sh", "-c", script], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  if ((await child.exited) !== 0) throw new Error(`${script}\n${await new Response(child.stderr).text()}`);
}

/** A namespace that lasts as long as a process in it, which ends with this one. */
async function namespace(make: readonly string[], kinds: readonly string[]): Promise<Namespace> {
  const holder = Bun.spawn([...make, "sh", "-c", "echo ready && exec cat"], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  let said = "";
  const reading = (async () => {
    for await (const chunk of holder.stdout) said += new TextDecoder().decode(chunk);
  })();
  await until(async () => {
    if (holder.exitCode !== null) throw new Error(`no namespace: ${await new Response(holder.stderr).text()}`);
    return said.includes("ready");
  }, "a network namespace");
  return {
    pid: holder.pid,
    enter: ["nsenter", "-t", String(holder.pid), ...kinds, "--preserve-credentials"],
    async close() {
      holder.kill("SIGKILL");
      await holder.exited;
      await reading;
    },
  };
}
