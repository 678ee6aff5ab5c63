import type { Topic } from "../topics.ts";

/** The list of service names and their tags would read another way. */
export const SERVICE_NAMES_TOPIC: Topic = "service-names";
/** Checks that carry this service's name; those of its nodes do not count here. */
export const checksOfServiceTopic = (name: string): Topic => `checks-of/${name.toLowerCase()}`;
/** Checks in one state appeared, changed or left it. */
export const checksInStateTopic = (status: string): Topic => `checks-in/${status}`;
/** What the mesh reaches a service through: its proxies and native instances, and their nodes' data. */
export const connectTopic = (name: string): Topic => `connect/${name.toLowerCase()}`;
/** Checks that decide on the health of what `connectTopic` is about. */
export const connectChecksTopic = (name: string): Topic => `connect-checks/${name.toLowerCase()}`;
/** Network coordinates of one node. */
export const nodeCoordinatesTopic = (node: string): Topic => `coordinates/${node.toLowerCase()}`;
