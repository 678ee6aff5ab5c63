import type { Configuration } from "../../raft/configuration.ts";

/**
 * A server's promise to be made a member of one new cluster and, until it is given back, of no other. Durable before it
 * is answered: a cluster comes into being only with the promises of all its servers, so two never share one.
 */
export interface Consent {
  clusterId: string;
  /** Node id of the server that wants to make the cluster. */
  initiator: string;
  configuration: Configuration;
}

/** What a server knows of itself when it is asked. */
export interface Applicant {
  nodeId: string;
  /** "" while it belongs to no cluster. */
  clusterId: string;
  consent: Consent | undefined;
  /** `bootstrap_expect`; 0 for a server that only ever joins. */
  expect: number;
  mayVote: boolean;
}

export type ConsentAnswer =
  | { granted: true }
  | { granted: false; why: "other cluster" | "promised" | "not meant"; initiator: string };

/**
 * Whether a server agrees to `wanted`. It agrees to one cluster only; who wants to make one itself and has not done it
 * gives way to an initiator with a smaller id. What is granted must be durable before it is answered.
 */
export function answerConsent(own: Applicant, wanted: Consent): ConsentAnswer {
  const { servers } = wanted.configuration;
  if (own.clusterId !== "") {
    return own.clusterId === wanted.clusterId
      ? { granted: true }
      : { granted: false, why: "other cluster", initiator: "" };
  }
  const isMeant = own.mayVote && own.expect === servers.length && servers.some(({ id }) => id === own.nodeId);
  if (!isMeant) return { granted: false, why: "not meant", initiator: "" };
  const held = own.consent;
  if (held === undefined || held.clusterId === wanted.clusterId) return { granted: true };
  const givesWay = held.initiator === own.nodeId && wanted.initiator < own.nodeId;
  return givesWay ? { granted: true } : { granted: false, why: "promised", initiator: held.initiator };
}

/** Whether `initiator` may still make the cluster. Once it is false it stays false, since ids are never used again. */
export function stillWants(own: Applicant, clusterId: string): boolean {
  return own.clusterId === clusterId || own.consent?.clusterId === clusterId;
}
