import type { SwimMember } from "../../../src/gossip/swim/delegate.ts";
import { transmitLimit } from "../../../src/gossip/swim/scale.ts";
import type { SimNode } from "../world/node.ts";
import type { World } from "../world/world.ts";
import { Violation } from "./violation.ts";

/** States at one incarnation only get worse. */
const RANK = { alive: 0, suspect: 1, dead: 2, left: 2 } as const;

/** What must hold at each change of a view, whatever happens to the pool. */
export function checkView(node: SimNode, before: SwimMember | undefined, after: SwimMember): void {
  if (after.name === node.name && after.state !== "alive" && !node.isLeaving) {
    throw new Violation("a member thinks that it is alive until it leaves", `${node.name} thinks it is ${after.state}`);
  }
  if (before === undefined) return;
  const hasMoved = before.at.address !== after.at.address;
  // Who is gone may come back elsewhere, with a new life and its incarnations.
  if (hasMoved && RANK[before.state] === RANK.dead) return;
  const isLater =
    after.incarnation > before.incarnation ||
    (after.incarnation === before.incarnation && RANK[after.state] > RANK[before.state]);
  if (isLater && !hasMoved) return;
  throw new Violation(
    "a later state has a higher incarnation, or is worse at the same one",
    `${node.name} saw ${textOf(before)} and then ${textOf(after)}`,
  );
}

function textOf({ name, state, incarnation, at }: SwimMember): string {
  return `${name} ${state} ${incarnation} at ${at.address}`;
}

/** Counts how often each message goes out; its queue gives it always as the same bytes. */
export class TransmitCount {
  readonly #counts = new WeakMap<Uint8Array, number>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    world.network.onPart = (part) => this.#count(part);
  }

  #count(part: Uint8Array): void {
    const count = (this.#counts.get(part) ?? 0) + 1;
    this.#counts.set(part, count);
    const { nodes, timing } = this.#world;
    const most = transmitLimit(timing.retransmitMult, nodes.length);
    if (count > most) {
      throw new Violation("a message for everybody is sent a limited number of times", `more than ${most} times`);
    }
  }
}

/** Why the views of two differ from what is, if they do. */
export function disagreement(world: World): string | undefined {
  const { up } = world;
  const subjects = world.nodes.map((node) => ({ node, self: node.isUp ? node.self : undefined }));
  for (const observer of up) {
    if (observer.isLeaving) continue;
    for (const { node, self } of subjects) {
      const seen = observer.swim.member(node.name);
      const fault = self === undefined || node.isLeaving ? faultOfGone(seen) : faultOf(seen, self);
      if (fault !== undefined) return `${observer.name} sees ${node.name} ${fault}`;
    }
  }
  return undefined;
}

function faultOfGone(seen: SwimMember | undefined): string | undefined {
  if (seen === undefined || seen.state === "dead" || seen.state === "left") return undefined;
  return `${seen.state}, and it is gone`;
}

function faultOf(seen: SwimMember | undefined, self: SwimMember): string | undefined {
  if (seen === undefined) return "not at all";
  if (seen.state !== "alive") return `${seen.state} at ${seen.incarnation}, and it is alive at ${self.incarnation}`;
  if (seen.incarnation !== self.incarnation) return `at incarnation ${seen.incarnation}, not ${self.incarnation}`;
  if (seen.at.address !== self.at.address) return `at ${seen.at.address}, not ${self.at.address}`;
  if (Buffer.compare(seen.meta, self.meta) !== 0) return "with other tags than it has";
  return undefined;
}

/** Waits until all agree with what is; they must within `withinMs`. */
export function untilAgreed(world: World, withinMs: number): void {
  const endMs = world.nowMs + withinMs;
  let left = disagreement(world);
  while (left !== undefined && world.nowMs < endMs) {
    world.run(Math.min(1000, endMs - world.nowMs));
    left = disagreement(world);
  }
  if (left !== undefined) throw new Violation("all agree in the end", `after ${withinMs / 1000} s ${left}`);
}
