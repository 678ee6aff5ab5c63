import type { Topic } from "../topics.ts";

/** Something was deregistered on purpose, of whatever node. */
export const DEREGISTERED_TOPIC: Topic = "deregistered";
/** Something of the node with this id was deregistered on purpose: its agent should compare. */
export const deregisteredTopic = (nodeId: string): Topic => `deregistered/${nodeId.toLowerCase()}`;
