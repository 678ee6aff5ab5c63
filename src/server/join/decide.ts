import type { Configuration } from "../../raft/configuration.ts";
import type { Applicant } from "./consent.ts";

/** Another server that is connected, by what it says of itself. */
export interface Candidate {
  nodeId: string;
  address: string;
  clusterId: string;
  expect: number;
  mayVote: boolean;
}

export interface JoinView extends Applicant {
  address: string;
  /** Nothing was ever written to the log. */
  isLogEmpty: boolean;
  /** Connected servers. */
  others: readonly Candidate[];
  /** Servers that granted `consent`, when this server is its initiator. */
  granted: ReadonlySet<string>;
  /** For how long this server has asked for them. */
  askingForMs: number;
  /** It gave way to another initiator a moment ago. */
  isYielding: boolean;
}

export type JoinStep =
  /** There is nothing left to do. */
  | { kind: "done" }
  /** Belong to this cluster, durably. */
  | { kind: "adopt"; clusterId: string }
  /** Ask for a new cluster, with an own consent first. */
  | { kind: "initiate"; configuration: Configuration }
  | { kind: "ask"; servers: readonly string[] }
  /** All have agreed. */
  | { kind: "bootstrap" }
  /** Give up the own attempt: one of its servers is gone. */
  | { kind: "abandon" }
  /** Ask whether the promise that this server gave still binds it. */
  | { kind: "verify"; initiator: string }
  | { kind: "wait"; why: string };

/** A server that was there when the cluster was wanted, and is not any more, may be lost for good. */
const ABANDON_AFTER_MS = 15_000;

/** What a server without a cluster does next. Pure; see `answerConsent` for what keeps two initiators apart. */
export function decideJoin(view: JoinView): JoinStep {
  const { clusterId, consent, nodeId } = view;
  const isOwn = consent?.initiator === nodeId;
  if (clusterId !== "") {
    // A crash came between the two durable steps of a bootstrap.
    const isHalfway = isOwn && consent.clusterId === clusterId && view.isLogEmpty;
    return isHalfway ? { kind: "bootstrap" } : { kind: "done" };
  }
  const clusters = [...new Set(view.others.map((other) => other.clusterId).filter((id) => id !== ""))];
  if (consent !== undefined && !isOwn) {
    return clusters.includes(consent.clusterId)
      ? { kind: "adopt", clusterId: consent.clusterId }
      : { kind: "verify", initiator: consent.initiator };
  }
  const [found] = clusters;
  if (clusters.length > 1) return { kind: "wait", why: `the servers found are of ${clusters.length} clusters` };
  if (found !== undefined) return { kind: "adopt", clusterId: found };
  return consent === undefined ? beginning(view) : asking(view, consent.configuration);
}

function asking(view: JoinView, { servers }: Configuration): JoinStep {
  const connected = new Set(view.others.map((other) => other.nodeId));
  const missing = servers.map(({ id }) => id).filter((id) => id !== view.nodeId && !view.granted.has(id));
  if (missing.length === 0) return { kind: "bootstrap" };
  const isOneGone = missing.some((id) => !connected.has(id));
  if (isOneGone && view.askingForMs >= ABANDON_AFTER_MS) return { kind: "abandon" };
  const there = missing.filter((id) => connected.has(id));
  return there.length > 0
    ? { kind: "ask", servers: there }
    : { kind: "wait", why: "a server of the new cluster is gone" };
}

function beginning(view: JoinView): JoinStep {
  const { nodeId, address, expect, mayVote } = view;
  if (expect < 1 || !mayVote) return { kind: "wait", why: "no cluster found yet; this server only joins one" };
  // What Consul does, too: someone has to say which number is meant.
  const conflict = view.others.find((other) => other.expect > 0 && other.expect !== expect);
  if (conflict !== undefined && expect > 1) {
    const why = `server ${conflict.nodeId} (${conflict.address}) has bootstrap_expect ${conflict.expect}, this one ${expect}`;
    return { kind: "wait", why };
  }
  const alike = view.others.filter((other) => other.mayVote && other.expect === expect);
  const servers = [{ id: nodeId, address }, ...alike.map((other) => ({ id: other.nodeId, address: other.address }))]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, expect)
    .map((server) => ({ ...server, voter: true }));
  if (servers.length < expect) {
    return { kind: "wait", why: `found ${servers.length} of the ${expect} servers that bootstrap_expect names` };
  }
  if (servers[0]?.id !== nodeId) return { kind: "wait", why: `server ${servers[0]?.id} is to begin` };
  if (view.isYielding) return { kind: "wait", why: "another server begins" };
  return { kind: "initiate", configuration: { servers } };
}
