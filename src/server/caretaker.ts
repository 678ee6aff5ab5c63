import type { PoolMember } from "../gossip/types.ts";
import { ORIGIN } from "../lib/coordinate.ts";
import type { Logger } from "../ports/logger.ts";
import type { RaftNode } from "../raft/node.ts";
import type { CoordinateUpdate } from "../state/coordinates/commands.ts";
import { coordinatesOfNode } from "../state/coordinates/queries.ts";
import type { StateDb } from "../state/db.ts";
import { nodeByName } from "../state/nodes/queries.ts";
import { isThere, type Member } from "./members.ts";
import type { Propose } from "./propose.ts";
import { type Duty, reconcile } from "./reconcile.ts";
import { failedRegistration, isFailed, isKnown, isRegistered, serverRegistration, serversInCatalog } from "./self.ts";

export interface CaretakerDeps {
  db: StateDb;
  propose: Propose;
  raft: Pick<RaftNode, "configuration" | "changeConfiguration">;
  members: () => Member[];
  /** All of the gossip pool of this datacenter; empty before it is open. */
  pool: () => readonly PoolMember[];
  updateCoordinate: (update: CoordinateUpdate) => void;
  log: Logger;
}

/** Keeps the configuration and the catalog in line with who the servers are; only while this server leads. */
export class Caretaker {
  readonly #deps: CaretakerDeps;
  /** They left or were taken out by hand, and still run. */
  readonly #removed = new Set<string>();
  /** Of the last round, so that each is told once. */
  #conflicts = new Set<string>();

  constructor(deps: CaretakerDeps) {
    this.#deps = deps;
  }

  /** The server leaves or was removed by hand: it is not added again before its connection was lost. */
  keepOut(nodeId: string): void {
    this.#removed.add(nodeId);
  }

  /** It was not removed after all, or it went: when it comes, it comes as a new one. */
  letIn(nodeId: string): void {
    this.#removed.delete(nodeId);
  }

  /** Does what is to do; true when the configuration was changed. Rejects at the first failure: the next round goes on. */
  async round(leadingMs: number): Promise<boolean> {
    const { db, raft, members: look, pool } = this.#deps;
    const clients = pool().filter((member) => member.tags.role === "node" && isThere(member));
    const duties = reconcile({
      members: look(),
      configuration: raft.configuration().configuration,
      inCatalog: serversInCatalog(db),
      isRegistered: (member) => isRegistered(db, member),
      isFailed: (member) => isFailed(db, member),
      removed: this.#removed,
      clients: new Set(clients.map(({ tags }) => tags.id ?? "")),
      leadingMs,
    });
    this.#tell(new Set(duties.flatMap((duty) => (duty.kind === "conflict" ? [duty.text] : []))));
    for (const duty of duties) await this.#do(duty);
    return duties.some(({ kind }) => kind === "change");
  }

  async #do(duty: Duty): Promise<void> {
    const { raft, propose, log } = this.#deps;
    switch (duty.kind) {
      case "change": {
        const { change, why } = duty;
        const server = change.kind === "add" ? change.server.id : change.serverId;
        log.info("changes the servers of the cluster", { change: change.kind, server, why });
        await raft.changeConfiguration(change);
        break;
      }
      case "register":
        await this.#register(duty.member);
        break;
      case "fail":
        log.warn("server failed", { server: duty.member.name, id: duty.member.nodeId });
        await propose(failedRegistration(duty.member));
        break;
      case "deregister":
        if (duty.service === undefined) log.info("server is gone, deregisters its node", { node: duty.node });
        else log.info("server is a client now", { node: duty.node });
        await propose({
          type: "catalog.deregister",
          node: duty.node,
          ...(duty.service === undefined ? {} : { serviceId: duty.service }),
        });
    }
  }

  #tell(conflicts: Set<string>): void {
    for (const text of conflicts) if (!this.#conflicts.has(text)) this.#deps.log.error(text);
    this.#conflicts = conflicts;
  }

  /** A node of another id under its name is a former one: what it had is of no use to the new one. */
  async #register(member: Member): Promise<void> {
    const { db, propose, updateCoordinate } = this.#deps;
    const before = nodeByName(db, member.name);
    if (before !== undefined && before.ID !== "" && !isKnown(db, member)) {
      await propose({ type: "catalog.deregister", node: member.name });
    }
    await propose(serverRegistration(member));
    // Until gossip measures, a server is where every node begins; without a coordinate `near` and `rtt` know nothing.
    if (coordinatesOfNode(db, member.name).length === 0) {
      updateCoordinate({ Node: member.name, Segment: "", Coord: ORIGIN });
    }
  }
}
