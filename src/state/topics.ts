/**
 * What a reader can wait on. A command touches the topics whose readers would see another answer, and no others: a
 * waiter never wakes for nothing. Names of nodes and services are matched without regard to case, so they are folded.
 */
export type Topic = string;

/** One key of the key/value store. */
export const kvTopic = (key: string): Topic => `kv/${key}`;
/** One service: its instances, their nodes' data, or (with `#checks`) their checks. */
export const serviceTopic = (name: string): Topic => `service/${name.toLowerCase()}`;
/** Checks that decide on the health of a service's instances, those of their nodes too. */
export const serviceChecksTopic = (name: string): Topic => `service-checks/${name.toLowerCase()}`;
/** One node: its data, its services, and its checks. */
export const nodeTopic = (name: string): Topic => `node/${name.toLowerCase()}`;
/** Checks of one node. */
export const nodeChecksTopic = (name: string): Topic => `node-checks/${name.toLowerCase()}`;
/** Any node appeared, changed or left. */
export const NODES_TOPIC: Topic = "nodes";
/** Any service instance appeared, changed or left. */
export const SERVICES_TOPIC: Topic = "services";
/** Any check appeared, changed or left. */
export const CHECKS_TOPIC: Topic = "checks";
export const sessionTopic = (id: string): Topic => `session/${id}`;
/** Sessions of one node appeared or ended. */
export const nodeSessionsTopic = (node: string): Topic => `node-sessions/${node.toLowerCase()}`;
export const SESSIONS_TOPIC: Topic = "sessions";
export const COORDINATES_TOPIC: Topic = "coordinates";

/** Keys under a prefix are watched by prefix, all else by exact name. */
export interface Interest {
  topics: readonly Topic[];
  /** Key prefixes of the key/value store, without the `kv/`. */
  kvPrefixes?: readonly string[];
}
