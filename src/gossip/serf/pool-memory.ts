import type { Random } from "../../ports/random.ts";
import type { Endpoint } from "../messages.ts";
import type { MemberList } from "./member-list.ts";
import type { Snapshot } from "./snapshot-text.ts";

export interface PoolMemoryOptions {
  /** This member's name. */
  readonly name: string;
  /** What was kept before this start. */
  readonly before: Snapshot;
  readonly members: MemberList;
  readonly rejoinAfterLeave: boolean;
  readonly random: Random;
  /** The newest times that were seen. */
  readonly clocks: () => Pick<Snapshot, "clock" | "eventClock" | "queryClock">;
}

/** What is to be kept: the members of now, and of those before this start the ones that nothing was heard of yet. */
export class PoolMemory {
  readonly #options: PoolMemoryOptions;
  readonly #unheard: Map<string, Endpoint>;
  /** Where the pool was, in any order. */
  readonly targets: readonly { readonly name: string; readonly at: Endpoint }[];

  constructor(options: PoolMemoryOptions) {
    this.#options = options;
    this.#unheard = new Map(options.before.alive);
    this.#unheard.delete(options.name);
    this.targets = shuffled(
      [...this.#unheard].map(([name, at]) => ({ name, at })),
      options.random,
    );
  }

  /** A member was seen, so what was known before counts no more. */
  heardOf(name: string): void {
    this.#unheard.delete(name);
  }

  /** Those that nothing was heard of for so long are gone. */
  giveUp(): void {
    this.#unheard.clear();
  }

  current(): Snapshot {
    const { name, members, rejoinAfterLeave, clocks } = this.#options;
    const hasLeft = members.isLeaving;
    const alive = new Map<string, Endpoint>();
    if (!hasLeft || rejoinAfterLeave) {
      for (const [unheard, at] of this.#unheard) alive.set(unheard, at);
      for (const member of members.members())
        if (member.name !== name && (member.status === "alive" || member.status === "leaving"))
          alive.set(member.name, member.at);
    }
    return { alive, ...clocks(), hasLeft };
  }
}

function shuffled<T>(items: T[], random: Random): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random.float() * (last + 1));
    const [a, b] = [items[last], items[other]];
    if (a !== undefined && b !== undefined) [items[last], items[other]] = [b, a];
  }
  return items;
}
