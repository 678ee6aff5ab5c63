import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type SerfNode, SerfWorld, text } from "../../../support/gossip/serf-world.ts";
import { settle } from "../../../support/manual-clock.ts";

const NAMES = ["a", "b", "c", "d", "e"] as const;
type Name = (typeof NAMES)[number];

interface Step {
  readonly do: "kill" | "leave" | "restart" | "event" | "force" | "exchange" | "tell";
  readonly name: Name;
  /** Whom it is about, if anybody. */
  readonly other: Name;
}

const name = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("kill", "leave", "restart", "restart", "event", "force", "force", "exchange", "tell", "tell"),
  name,
  other: name,
});

/** A pool in which members come, go and die while messages are still on their way. */
class Story {
  readonly world = new SerfWorld();
  readonly gone = new Set<string>();
  #events = 0;

  constructor() {
    this.world.pool(...NAMES);
  }
  node(of: string): SerfNode {
    return this.world.nodes.get(of) as SerfNode;
  }
  get living(): SerfNode[] {
    return NAMES.filter((each) => !this.gone.has(each)).map((each) => this.node(each));
  }
  async play(each: Step): Promise<void> {
    const isGone = this.gone.has(each.name);
    if (isGone && each.do === "restart") await this.#restart(each.name);
    if (isGone || each.do === "restart") return;
    // The last one stays: there must be somebody to ask.
    const isLast = this.living.length === 1;
    if (isLast && (each.do === "kill" || each.do === "leave")) return;
    const node = this.node(each.name);
    if (each.do === "kill") this.#bury(each.name, "dead");
    else if (each.do === "leave") {
      void node.serf.leave();
      await settle();
      this.#tell(node, this.living);
      this.#bury(each.name, "left");
    } else if (each.do === "event") node.serf.userEvent(`event-${this.#events++}`, text(""), false);
    else if (each.do === "force") node.serf.forceLeave(each.other, false);
    else if (this.gone.has(each.other) || each.other === each.name) return;
    else if (each.do === "tell") this.#tell(node, [this.node(each.other)]);
    else await node.swim.pushPull(this.node(each.other).swim.at, false);
  }
  /** Everything that was lost or late arrives. */
  async heal(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await this.world.gossip();
      for (const node of this.living)
        for (const other of this.living) if (node !== other) await node.swim.pushPull(other.swim.at, false);
    }
    await this.world.gossip();
  }
  #bury(of: string, state: "dead" | "left"): void {
    this.gone.add(of);
    this.world.bury(of, state);
    this.node(of).isDown = true;
  }
  async #restart(of: Name): Promise<void> {
    const [other] = this.living;
    this.gone.delete(of);
    const node = this.world.add(of);
    if (other !== undefined) await node.serf.join(other.swim.at);
  }
  #tell(node: SerfNode, others: readonly SerfNode[]): void {
    for (const other of others)
      if (other !== node)
        for (const packed of node.serf.broadcasts(2, 1398)) other.serf.onUserMessage(packed.slice(1), node.swim.at);
  }
}

describe("members of a pool", () => {
  // Whether one that died while a refuted leave was on its way failed or left depends on what came first (in Serf, too).
  test("agree in the end on who is there and who is gone, whatever came in which order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const story = new Story();
        for (const each of steps) await story.play(each);
        await story.heal();
        for (const of of NAMES) {
          const allowed = story.gone.has(of) ? ["failed", "left", undefined] : ["alive"];
          for (const node of story.living) expect(allowed).toContain(node.statusOf(of));
        }
      }),
    );
  });
});
