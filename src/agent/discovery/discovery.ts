import { type JoinTarget, parseJoinTarget } from "../../config/join-target.ts";
import type { Endpoint } from "../../gossip/messages.ts";
import type { ProcessRunner } from "../../ports/process.ts";
import type { Mdns } from "./mdns.ts";
import { labelOf } from "./mdns-packet.ts";
import { resolveTarget } from "./resolve.ts";

const OUTPUT_BYTES_MAX = 64 * 1024;
const PROGRAM_TIMEOUT_MS = 30_000;

export interface DiscoveryDeps {
  /** All addresses of a name, of both families; rejects when there are none. */
  lookup(host: string): Promise<readonly string[]>;
  /** The address that this node listens on for gossip: it can't send to the other family, but from `::` to both. */
  readonly bindAddr: string;
  /** What the local network is told of this node. */
  readonly self: {
    readonly name: string;
    readonly datacenter: string;
    readonly port: number;
    readonly addresses: readonly string[];
  };
  readonly mdns: Pick<Mdns, "announce" | "find" | "close">;
  readonly processes: ProcessRunner;
}

/** Finds members by whatever names them. */
export class Discovery {
  readonly #deps: DiscoveryDeps;
  readonly #stopping = new AbortController();

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps;
  }

  /** The addresses that a target stands for at the moment. Rejects with a text for the operator when there are none. */
  resolve(target: JoinTarget): Promise<readonly Endpoint[]> {
    const { lookup, mdns, bindAddr } = this.#deps;
    return resolveTarget(target, {
      lookup,
      mdns: (what) => mdns.find(what),
      output: (command) => this.#output(command),
      reaches: (address) => bindAddr === "::" || address.includes(":") === bindAddr.includes(":"),
    });
  }

  /** Who looks for others on the local network is to be found there, too. Rejects when that can't be asked. */
  async announce(texts: readonly string[]): Promise<void> {
    const { name, datacenter, port, addresses } = this.#deps.self;
    const services = new Set<string>();
    for (const text of texts) {
      const target = parseJoinTarget(text, port);
      if (target.kind === "mdns") services.add(`${target.service}.${target.domain}`);
    }
    for (const service of services) {
      const text = [`dc=${datacenter}`];
      await this.#deps.mdns.announce({ service, instance: labelOf(name), port, addresses, text });
    }
  }

  close(): void {
    this.#stopping.abort();
    this.#deps.mdns.close();
  }

  async #output(command: readonly string[]): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const onOutput = (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes <= OUTPUT_BYTES_MAX) chunks.push(chunk.slice());
    };
    const request = { command, timeoutMs: PROGRAM_TIMEOUT_MS, onOutput };
    const { exitCode, timedOut } = await this.#deps.processes.run(request, this.#stopping.signal);
    const text = new TextDecoder().decode(Buffer.concat(chunks));
    if (timedOut) throw new Error(`${command[0]} took more than ${PROGRAM_TIMEOUT_MS / 1000} s`);
    if (exitCode !== 0) throw new Error(`${command[0]} ended with ${exitCode}: ${text.trim().split("\n", 1)[0]}`);
    return text;
  }
}
