import type { Entry } from "../../../src/raft/types.ts";
import type { ScenarioNode } from "./node.ts";

/** Looks over the servers' shoulders: what no run may ever show, whatever its text expects. */
export class Oracle {
  readonly #leaders = new Map<number, string>();
  readonly #committed = new Map<number, string>();

  /** At most one leader a term (election safety), and a commit index within the own disk's log. */
  check(nodes: Iterable<ScenarioNode>, tell: (text: string) => void): void {
    for (const { id, core } of nodes) {
      const status = core?.status();
      if (status === undefined) continue;
      if (status.commitIndex > status.durableIndex)
        tell(`${id} commits ${status.commitIndex} and has only ${status.durableIndex} on its disk`);
      if (status.role !== "leader") continue;
      const other = this.#leaders.get(status.term) ?? id;
      if (other !== id) tell(`${other} and ${id} both lead term ${status.term}`);
      this.#leaders.set(status.term, id);
    }
  }

  /** One entry an index, for all servers and all time (state machine safety). */
  committed({ id, disk, core }: ScenarioNode, index: number): void {
    const inMemory = core?.entries(1, index) ?? [];
    for (const entry of [...disk.entries, ...inMemory]) {
      if (entry.index > index) continue;
      const known = this.#committed.get(entry.index);
      if (known !== undefined && known !== keyOf(entry))
        throw new Error(`${id} commits ${keyOf(entry)} at ${entry.index}, where ${known} is committed`);
      this.#committed.set(entry.index, keyOf(entry));
    }
  }
}

function keyOf({ term, type, data }: Entry): string {
  return `${term} ${type} ${data}`;
}
