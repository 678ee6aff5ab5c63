import type { Message } from "./core/messages.ts";

/** Carries messages to other servers. May lose, delay, duplicate and reorder them; never throws. */
export interface RaftTransport {
  send(message: Message): void;
}
