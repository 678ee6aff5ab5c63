import type { Mutation } from "../sim/mutations.ts";

const SWIM = "src/gossip/swim";

/** Rules switched off one by one: a run of some seed must notice each. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: "nobody refutes",
    file: `${SWIM}/membership.ts`,
    find: `    const incarnation = Math.min(Math.max(self.incarnation, accused) + 1, INCARNATION_MAX);`,
    replace: `    const incarnation = 0;
    if (accused >= incarnation) return;`,
  },
  {
    name: "a refutation does not beat the accusation",
    file: `${SWIM}/membership.ts`,
    find: `Math.max(self.incarnation, accused) + 1`,
    replace: `self.incarnation + 1`,
    unnoticed: "it is accused again until it does",
  },
  {
    name: "a death at an old incarnation is believed",
    file: `${SWIM}/membership.ts`,
    find: `    if (known === undefined || message.incarnation < known.incarnation) return;
    if (message.from.length > NAME_LENGTH_MAX) return;
    this.#endSuspicion(message.node);`,
    replace: `    if (known === undefined) return;
    this.#endSuspicion(message.node);`,
  },
  {
    name: "a suspicion at an old incarnation is believed",
    file: `${SWIM}/membership.ts`,
    find: `    if (known === undefined || message.incarnation < known.incarnation) return;
    if (message.from.length > NAME_LENGTH_MAX) return;
    const running`,
    replace: `    if (known === undefined) return;
    const running`,
  },
  {
    name: "alive at the same incarnation ends a suspicion",
    file: `${SWIM}/membership.ts`,
    find: `  return alive.incarnation <= known.incarnation && sameEndpoint(alive.at, known.at);`,
    replace: `  return alive.incarnation < known.incarnation && sameEndpoint(alive.at, known.at);`,
    also: {
      find: `if (hasMoved || alive.incarnation > known.incarnation)`,
      replace: `if (hasMoved || alive.incarnation >= known.incarnation)`,
    },
  },
  {
    name: "what was said of an earlier life is not refuted",
    file: `${SWIM}/membership.ts`,
    find: `    if (!isEcho) this.#refute`,
    replace: `    if (!isEcho && alive.incarnation === self.incarnation) this.#refute`,
  },
  {
    name: "a suspect never counts as dead",
    file: `${SWIM}/membership.ts`,
    find: `    if (known?.state !== "suspect") return;`,
    replace: `    if (known?.state !== "dead") return;`,
  },
  {
    name: "who has left counts as dead",
    file: `${SWIM}/membership.ts`,
    find: `message.from === message.node ? "left" : "dead"`,
    replace: `message.from === "" ? "left" : "dead"`,
  },
  {
    name: "another address is taken while the member lives",
    file: `${SWIM}/membership.ts`,
    find: `    if (state === "left") return true;`,
    replace: `    if (state === "left" || state === "alive") return true;`,
  },
  {
    name: "another address is never taken",
    file: `${SWIM}/membership.ts`,
    find: `state === "dead" && timing.deadNodeReclaimMs > 0`,
    replace: `state === "dead" && timing.deadNodeReclaimMs < 0`,
    unnoticed: "the dead are forgotten soon, and then it is a new member",
  },
  {
    name: "who missed a refutation is not told it again",
    file: `${SWIM}/membership.ts`,
    find: `    const isOutdated = node === self.name`,
    replace: `    const isOutdated = node !== self.name`,
  },
  {
    name: "a death that a peer's states tell of is believed",
    file: `${SWIM}/syncer.ts`,
    find: `    else if (state === "left") membership.dead({ type: "dead", incarnation, node, from: node });`,
    replace: `    else if (state === "left" || state === "dead") {
      membership.dead({ type: "dead", incarnation, node, from: state === "left" ? node : "somebody" });
    }`,
  },
  {
    name: "states are not exchanged",
    file: `${SWIM}/syncer.ts`,
    find: `    for (const node of nodes) this.#take(node, isNews);`,
    replace: `    for (const node of nodes) if (node.name === this.#context.name) this.#take(node, isNews);`,
  },
  {
    name: "a message is sent for ever",
    file: `${SWIM}/broadcast-queue.ts`,
    find: `      if (queued.transmits < limit) this.#insert(queued);`,
    replace: `      if (queued.transmits < limit * 1000) this.#insert(queued);`,
  },
  {
    name: "a message is sent once",
    file: `${SWIM}/broadcast-queue.ts`,
    find: `      if (queued.transmits < limit) this.#insert(queued);`,
    replace: `      if (queued.transmits < 1) this.#insert(queued);`,
  },
  {
    name: "no confirmation is waited for",
    file: `${SWIM}/scale.ts`,
    find: `    wanted: size - UNCONFIRMED < wanted ? 0 : Math.max(0, wanted),`,
    replace: `    wanted: size < 0 ? wanted : 0,`,
  },
  {
    name: "more confirmations are waited for than can come",
    file: `${SWIM}/scale.ts`,
    find: `    wanted: size - UNCONFIRMED < wanted ? 0 : Math.max(0, wanted),`,
    replace: `    wanted: 1000 * wanted,`,
  },
  {
    name: "who accuses again confirms",
    file: `${SWIM}/suspicion.ts`,
    find: `bounds.wanted || this.#accusers.has(from)) return false;
    this.#accusers.add(from);`,
    replace: `bounds.wanted) return false;
    this.#accusers.add(from + this.#accusers.size);`,
  },
  {
    name: "confirmations make no suspicion shorter",
    file: `${SWIM}/suspicion.ts`,
    find: `suspicionTimeoutMs(bounds, this.#confirmations)`,
    replace: `suspicionTimeoutMs(bounds, 0)`,
  },
  {
    name: "who stood still does not look into its sockets before it buries",
    file: `${SWIM}/stall-clock.ts`,
    find: `if (nowMs - dueMs > this.#lateMs) this.#wentOnMs = nowMs;`,
    replace: `if (nowMs - dueMs < this.#lateMs) this.#wentOnMs = Number.NEGATIVE_INFINITY;`,
  },
  {
    name: "nobody else is asked",
    file: `${SWIM}/probe.ts`,
    find: `roster.pick(timing.indirectChecks, isHelpful)`,
    replace: `roster.pick(timing.indirectChecks * 0, isHelpful)`,
  },
  {
    name: "who was asked keeps the answer for itself",
    file: `${SWIM}/relay.ts`,
    find: `        this.#gossiper.send(asker, { type: "ack", seqNo: request.seqNo, payload: NO_PAYLOAD });`,
    replace: `        if (seqNo < 0) this.#gossiper.send(asker, { type: "ack", seqNo: request.seqNo, payload: NO_PAYLOAD });`,
  },
  {
    name: "who is gone hears nothing",
    file: `${SWIM}/gossiper.ts`,
    find: `member.changedMs <= timing.gossipToTheDeadMs;`,
    replace: `member.changedMs <= -timing.gossipToTheDeadMs;`,
    unnoticed: "states that are exchanged bring it; one of ten thousand pools waits long for that",
  },
];
