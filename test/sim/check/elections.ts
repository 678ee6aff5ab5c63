import type { CoreStatus } from "../../../src/raft/core/types.ts";
import type { Server } from "../world/server.ts";
import type { Oracle } from "./oracle.ts";
import { must } from "./violation.ts";

/** Who may lead, and what a leader must have. */
export class Elections {
  readonly #oracle: Oracle;
  readonly #leaders = new Map<number, string>();
  #newestTerm = 0;
  /** Every vote that left a server, by server and term. */
  readonly #votes = new Map<string, string>();

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  leaderOf(term: number): string | undefined {
    return this.#leaders.get(term);
  }

  stepped(server: Server, before: CoreStatus, all: readonly Server[]): void {
    const { status } = server;
    if (status.role !== "leader") return;
    const { term } = status;
    if (term < this.#newestTerm) {
      must(
        !server.hasLease(status.commitIndex),
        "no leader within another's lease",
        () => `${server.id} holds a lease of term ${term} after somebody has led term ${this.#newestTerm}`,
      );
    }
    if (before.role === "leader" && before.term === term) return;
    this.#newestTerm = Math.max(this.#newestTerm, term);
    const other = this.#leaders.get(term) ?? server.id;
    must(other === server.id, "one leader a term", () => `${other} and ${server.id} lead term ${term}`);
    this.#leaders.set(term, server.id);
    this.#isComplete(server);
    for (const peer of all) {
      if (peer === server || !peer.isUp || peer.status.role !== "leader" || peer.status.term >= term) continue;
      must(
        !peer.hasLease(peer.status.commitIndex),
        "no leader within another's lease",
        () => `${server.id} leads term ${term} while ${peer.id} holds the lease of term ${peer.status.term}`,
      );
    }
  }

  /** A leader has every entry that was committed in an earlier term; its log matches others' from there down. */
  #isComplete({ id, view, status }: Server): void {
    const last = this.#oracle.lastBefore(status.term);
    if (last === undefined) return;
    const { index, term } = last.entry;
    const own = view.termAt(index);
    must(
      own === term || index < view.baseIndex,
      "leaders have all that is committed",
      () => `${id} leads term ${status.term} with term ${own} at ${index}, where ${term} is committed`,
    );
  }

  /** A vote is on the disk before it leaves, and there is one a term. */
  voted({ id, disk }: Server, term: number, candidate: string): void {
    const { hardState } = disk;
    must(
      hardState.term === term && hardState.votedFor === candidate,
      "durable before said",
      () =>
        `${id} votes for ${candidate} in term ${term}, its disk has ${hardState.votedFor || "nobody"} in ${hardState.term}`,
    );
    const key = `${id}/${term}`;
    const earlier = this.#votes.get(key) ?? candidate;
    must(earlier === candidate, "one vote a term", () => `${id} votes for ${earlier} and ${candidate} in term ${term}`);
    this.#votes.set(key, candidate);
  }
}
