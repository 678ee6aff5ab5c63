import type { Topic } from "../topics.ts";

/** What any datacenter says of itself. */
export const FEDERATION_STATES_TOPIC: Topic = "federation-states";
/** What one datacenter says of itself. */
export const federationStateTopic = (datacenter: string): Topic => `federation-state/${datacenter.toLowerCase()}`;
/** A mesh gateway of this datacenter appeared, changed or left; of its checks and its node the topics of its service tell. */
export const MESH_GATEWAYS_TOPIC: Topic = "mesh-gateways";
