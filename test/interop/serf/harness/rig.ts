import { afterEach } from "bun:test";
import type { PoolOptions } from "../../../../src/gossip/types.ts";
import { type Member, startMember } from "../../../support/gossip/member.ts";
import { SerfAgent, type SerfOptions } from "./agent.ts";
import { nextAddress, PORT, until } from "./world.ts";

/** The members of one test, ended after it. */
export class Rig {
  readonly #closing: (() => Promise<void>)[] = [];

  constructor() {
    afterEach(async () => {
      await Promise.all(this.#closing.splice(0).map((close) => close()));
    });
  }

  async serf(name: string, options?: SerfOptions): Promise<SerfAgent> {
    const agent = await SerfAgent.start(name, options);
    this.#closing.push(() => agent.close());
    return agent;
  }

  async muster(name: string, options?: Partial<PoolOptions>): Promise<Member> {
    const address = nextAddress();
    const member = await startMember(name, address, { bind: { address, port: PORT }, ...options });
    this.#closing.push(() => member.pool.close());
    return member;
  }

  /** Two agents and a member of this program that all know each other. */
  async three(options: { key?: string; tags?: Record<string, string> } = {}) {
    const { key, tags = {} } = options;
    const agent = key === undefined ? {} : { key };
    const [s1, s2, m] = await Promise.all([
      this.serf("s1", agent),
      this.serf("s2", agent),
      this.muster("m", { encryptKey: key ?? "", tags }),
    ]);
    await m.pool.join([s1.at, s2.at]);
    await this.agreed([s1, s2, m], ["m", "s1", "s2"]);
    return { s1, s2, m };
  }

  /** Waits until all that are given see all these, alive, and no other that is. */
  async agreed(viewers: readonly (SerfAgent | Member)[], names: readonly string[]): Promise<void> {
    const wanted = names.toSorted().join(" ");
    await until(`all see ${wanted}`, async () => {
      const seen = await Promise.all(viewers.map(aliveIn));
      return seen.every((each) => each === wanted);
    });
  }
}

async function aliveIn(viewer: SerfAgent | Member): Promise<string> {
  const members = viewer instanceof SerfAgent ? await viewer.members() : viewer.pool.members();
  const alive = members.filter(({ status }) => status === "alive").map(({ name }) => name);
  return alive.sort().join(" ");
}
