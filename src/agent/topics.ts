import type { Topic } from "../state/topics.ts";

/** One service of this agent, as the agent has it (not the catalog). */
export const agentServiceTopic = (id: string): Topic => `agent-service/${id}`;
