import { Refusal } from "../../lib/refusal.ts";
import type { FileStore } from "../../ports/file-store.ts";
import type { Logger } from "../../ports/logger.ts";
import { type Endpoint, OWN_VERSIONS } from "../messages.ts";
import type { KeyOrders, SnapshotStore } from "../serf/options.ts";
import { metaOf, Serf } from "../serf/serf.ts";
import { Swim } from "../swim/swim.ts";
import type { Pool, PoolMember, PoolOptions, QueryOptions, Tags } from "../types.ts";
import { addressBytes, addressText } from "../wire/address.ts";
import type { Keyring } from "../wire/keyring.ts";
import { PacketCodec } from "../wire/packet.ts";
import { Seal } from "../wire/seal.ts";
import { StreamCodec } from "../wire/stream.ts";
import { allowedBy } from "./allowed.ts";
import { Complaints } from "./complaints.ts";
import { endpointText } from "./endpoints.ts";
import { joinAll } from "./join.ts";
import { KeyringFile, readIfThere } from "./keyring-file.ts";
import { Network } from "./network.ts";
import { QuietLog } from "./quiet-log.ts";
import { Rejoin } from "./rejoin.ts";
import { openSockets } from "./sockets.ts";

/**
 * Becomes a member of a pool: opens its port, and looks for the members that it knew before. Rejects with a Refusal for the
 * operator when the port, the keys or the tags can't be used.
 */
export async function createPool(given: PoolOptions): Promise<Pool> {
  const options = { ...given, log: new QuietLog(given.log, given.clock) };
  const { name, timing, clock, random, log, meter, tags } = options;
  const meta = metaOf(tags);
  const isAllowed = allowedBy(options.allowed);
  const file = new KeyringFile(options.files, options.keyringFile, log);
  const keyring = await file.load(options.encryptKey);
  const { verifyIncoming, verifyOutgoing, cipher } = options;
  const seal = new Seal({ cipher, keyring, verifyIncoming, verifyOutgoing });
  const snapshot = await snapshotStore(options);
  const complaints = new Complaints({ clock, log, meter });
  const network = new Network({
    ...{ name, isAllowed, complaints, clock, meter, streams: options.streams },
    packets: new PacketCodec(seal),
    frames: new StreamCodec(seal),
    streamTimeoutMs: timing.streamTimeoutMs,
  });
  const sockets = await openSockets(options.bind, options, {
    datagram: {
      onMessage: (bytes, port, address) => network.onPacket(bytes, port, address),
      onError: (error) => network.onSocketError(error),
    },
    onConnection: (connection) => network.onConnection(connection),
    onListenError: (error) => log.error("gossip's listener failed", { error: error.message }),
  });
  try {
    const at = advertised(options.advertise, sockets.at.port);
    const keyOrders = keyring.isEmpty ? undefined : ordersFor(keyring, file);
    const onNameConflict = once(options.onNameConflict);
    const serf = new Serf({ ...options, onNameConflict, keyring: keyOrders, snapshot });
    const delegate = serf;
    const swim = new Swim({
      ...{ name, at, meta, versions: OWN_VERSIONS, timing },
      ...{ clock, random, transport: network, delegate, log, meter },
    });
    serf.attach(swim);
    network.start(sockets, swim);
    swim.start();
    serf.start();
    return new GossipPool({ options, at, seal, keyring, network, swim, serf });
  } catch (error) {
    sockets.close();
    throw error;
  }
}

interface Parts {
  readonly options: PoolOptions;
  readonly at: Endpoint;
  readonly seal: Seal;
  readonly keyring: Keyring;
  readonly network: Network;
  readonly swim: Swim;
  readonly serf: Serf;
}

class GossipPool implements Pool {
  readonly name: string;
  readonly at: Endpoint;
  readonly keys: Pool["keys"];
  readonly #parts: Parts;
  readonly #rejoin: Rejoin;

  constructor(parts: Parts) {
    const { options, serf, swim, keyring, at } = parts;
    this.#parts = parts;
    this.name = options.name;
    this.at = at;
    this.keys = {
      get isEncrypted() {
        return !keyring.isEmpty;
      },
      list: (order) => serf.keys.list(order),
      install: (key, order) => serf.keys.install(key, order),
      use: (key, order) => serf.keys.use(key, order),
      remove: (key, order) => serf.keys.remove(key, order),
    };
    this.#rejoin = new Rejoin({
      targets: serf.rejoinTargets(),
      join: (to) => this.join([to]),
      isAlone: () => swim.aliveCount <= 1,
      ...{ clock: options.clock, log: options.log },
    });
    this.#rejoin.start();
  }

  members(): readonly PoolMember[] {
    return this.#parts.serf.members();
  }

  member(name: string): PoolMember | undefined {
    return this.#parts.serf.member(name);
  }

  self(): PoolMember {
    return this.#parts.serf.self();
  }

  join(addresses: readonly Endpoint[], options: { ignoreOldEvents?: boolean } = {}): Promise<number> {
    const { serf, swim, network, at, options: own } = this.#parts;
    return joinAll(addresses, {
      exchange: (to) => serf.join(to, options),
      look: (to, state) => network.pushPull(to, state),
      refuse: (nodes) => swim.refuseJoin(nodes),
      self: () => {
        const self = swim.member(this.name);
        if (self === undefined) throw new Error(`${endpointText(at)} is no longer in the pool`);
        return self;
      },
      ...{ clock: own.clock, log: own.log },
    });
  }

  async leave(): Promise<void> {
    this.#rejoin.close();
    await this.#parts.serf.leave();
    this.#fallSilent();
  }

  forceLeave(name: string, prune: boolean): boolean {
    return this.#parts.serf.forceLeave(name, prune);
  }

  setTags(tags: Tags): void {
    this.#parts.serf.setTags(tags);
  }

  userEvent(name: string, payload: Uint8Array, coalesce: boolean): void {
    this.#parts.serf.userEvent(name, payload, coalesce);
  }

  query(name: string, payload: Uint8Array, options?: QueryOptions): Promise<void> {
    return this.#parts.serf.query(name, payload, options);
  }

  coordinate() {
    return this.#parts.serf.coordinate();
  }

  coordinateOf(name: string) {
    return this.#parts.serf.coordinateOf(name);
  }

  stats(): Readonly<Record<string, string>> {
    return this.#parts.serf.stats();
  }

  verify(options: { incoming: boolean; outgoing: boolean }): void {
    this.#parts.seal.verify(options);
  }

  async close(): Promise<void> {
    this.#rejoin.close();
    this.#fallSilent();
    await this.#parts.serf.close();
  }

  #fallSilent(): void {
    this.#parts.swim.close();
    this.#parts.network.close();
  }
}

/** Where others reach this member, written as it is on the wire. Throws a Refusal when nobody could. */
function advertised({ address, port }: Endpoint, boundPort: number): Endpoint {
  let text: string | undefined;
  try {
    text = addressText(addressBytes(address));
  } catch {
    text = undefined;
  }
  if (text === undefined || text === "0.0.0.0" || text === "::") {
    throw new Refusal(`others can't reach "${address}": advertise an address that this machine has`);
  }
  return { address: text, port: port === 0 ? boundPort : port };
}

/** Told once of each other one in a row: the membership hears of it again with each exchange. */
function once(onNameConflict: (other: Endpoint) => void): (other: Endpoint) => void {
  let told = "";
  return (other) => {
    if (told === endpointText(other)) return;
    told = endpointText(other);
    onNameConflict(other);
  };
}

function ordersFor(keyring: Keyring, file: KeyringFile): KeyOrders {
  return {
    keys: () => keyring.keys(),
    add: (key) => keyring.add(key),
    use: (key) => keyring.use(key),
    remove: (key) => keyring.remove(key),
    store: () => file.save(keyring),
  };
}

async function snapshotStore(options: {
  readonly files: FileStore | undefined;
  readonly snapshotFile: string;
  readonly log: Logger;
}): Promise<SnapshotStore | undefined> {
  const { files, snapshotFile: name, log } = options;
  if (files === undefined) return undefined;
  const text = await readIfThere(files, name).catch((error: unknown) => {
    log.warn("what was kept of the pool can't be read", { file: name, error: String(error) });
    return undefined;
  });
  return { text: text ?? "", store: (kept, durable) => files.write(name, kept, durable) };
}
