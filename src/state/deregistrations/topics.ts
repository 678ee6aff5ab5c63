import type { Topic } from "../topics.ts";

/** Something of the node with this id was deregistered on purpose: its agent should compare. */
export const deregisteredTopic = (nodeId: string): Topic => `deregistered/${nodeId.toLowerCase()}`;
