import type { SnapshotMeta } from "../../../src/raft/core/messages.ts";
import type { Effect } from "../../../src/raft/core/types.ts";
import type { Snapshot } from "./disk.ts";
import { digestOf, Machine } from "./machine.ts";
import type { Server } from "./server.ts";

const SNAPSHOTS_KEPT = 2;
/** Part of received chunks that are not stored as they were sent. */
const ROT_CHANCE = 0.005;

/** Takes snapshots of the state and compacts the log, hands out parts of them, receives and installs those of others. */
export class SnapshotDesk {
  readonly #server: Server;
  #isTaking = false;
  #incoming: { meta: SnapshotMeta; bytes: Uint8Array; length: number } | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  maybeTake(): void {
    const { disk, world, applier, view } = this.#server;
    const { everyEntries } = world.swarm.snapshots;
    const { machine } = applier;
    const newest = disk.snapshots[0]?.meta.index ?? 0;
    if (this.#isTaking || machine.appliedIndex - newest < everyEntries) return;
    const configuration = view.configurations().findLast(({ index }) => index <= machine.appliedIndex);
    if (configuration === undefined) return;
    this.#isTaking = true;
    const bytes = machine.encode();
    const { appliedIndex: index, appliedTerm: term } = machine;
    const snapshot = { meta: { index, term, configuration, bytes: bytes.length, sha256: digestOf(bytes) }, bytes };
    this.#server.later(this.#workMs(), () => this.#taken(snapshot));
  }

  #taken(snapshot: Snapshot): void {
    const server = this.#server;
    const { disk, world, applier } = server;
    this.#isTaking = false;
    const { index } = snapshot.meta;
    if (applier.isHeld || (disk.snapshots[0]?.meta.index ?? 0) >= index) return;
    disk.keepSnapshot(snapshot, SNAPSHOTS_KEPT);
    const upTo = index - world.swarm.snapshots.trailingEntries;
    world.trace?.(`${server.id} has a snapshot of ${index}`);
    if (upTo <= server.view.baseIndex) return;
    disk.compact(upTo, () =>
      server.later(0, () => {
        server.view.compact(upTo);
        server.step({ type: "compacted", index: upTo });
      }),
    );
  }

  read({ to, index, offset, bytesMax }: Effect & { type: "readSnapshot" }): void {
    const server = this.#server;
    server.later(this.#workMs(), () => {
      const { snapshots } = server.disk;
      const found = index === undefined ? snapshots[0] : snapshots.find(({ meta }) => meta.index === index);
      const chunk = found && { snapshot: found.meta, data: found.bytes.subarray(offset, offset + bytesMax) };
      server.step({ type: "snapshotRead", to, offset, chunk });
    });
  }

  write({ snapshot, offset, data }: Effect & { type: "writeChunk" }): void {
    const server = this.#server;
    server.later(this.#workMs(), () => {
      if (offset === 0) this.#incoming = { meta: snapshot, bytes: new Uint8Array(snapshot.bytes), length: 0 };
      const incoming = this.#incoming;
      const isNext =
        incoming?.meta.sha256 === snapshot.sha256 &&
        incoming.meta.index === snapshot.index &&
        incoming.length === offset;
      const ok = isNext && !server.disk.isFull;
      if (incoming !== undefined && ok) {
        incoming.bytes.set(data, offset);
        incoming.length += data.length;
        if (server.world.random("rot").chance(ROT_CHANCE)) incoming.bytes[offset] = 0;
      }
      server.step({ type: "chunkWritten", snapshot, nextOffset: ok ? offset + data.length : 0, ok });
    });
  }

  /** Snapshot, log and state follow each other; a crash may come between any two. */
  install(meta: SnapshotMeta): void {
    const server = this.#server;
    const { disk, applier, world } = server;
    const incoming = this.#incoming;
    this.#incoming = undefined;
    applier.isHeld = true;
    world.installing(server);
    const isWhole =
      incoming !== undefined && incoming.length === meta.bytes && digestOf(incoming.bytes) === meta.sha256;
    server.later(this.#workMs(), () => {
      if (!isWhole) {
        applier.isHeld = false;
        world.checker.mark("a received snapshot is not what was sent");
        server.step({ type: "snapshotInstalled", snapshot: meta, ok: false });
        return;
      }
      disk.keepSnapshot({ meta, bytes: incoming.bytes }, SNAPSHOTS_KEPT);
      disk.reset(meta.index, meta.term, meta.configuration, () =>
        server.later(this.#workMs(), () => this.#installed(meta, incoming.bytes)),
      );
    });
  }

  #installed(meta: SnapshotMeta, bytes: Uint8Array): void {
    const server = this.#server;
    const machine = Machine.decode(bytes);
    server.disk.writeState(machine);
    server.view.reset(meta.index, meta.term, meta.configuration);
    server.applier.isHeld = false;
    server.applier.install(machine);
    server.world.checker.installed(server, machine);
    server.step({ type: "snapshotInstalled", snapshot: meta, ok: true });
  }

  #workMs(): number {
    const { disk, world } = this.#server;
    return disk.slowSyncMs ?? world.random("snapshots").around(world.swarm.disk.syncMs);
  }
}
