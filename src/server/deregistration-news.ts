import type { StateDb } from "../state/db.ts";
import { newestDeregistration, ownersSince } from "../state/deregistrations/queries.ts";
import { DEREGISTERED_TOPIC } from "../state/deregistrations/topics.ts";
import type { Publisher } from "../state/publisher.ts";

/** Query of the gossip pool that asks an agent to compare itself with the catalog; it has no payload and no answer. */
export const COMPARE_QUERY = "muster:compare";

export interface DeregistrationNewsDeps {
  db: StateDb;
  publisher: Pick<Publisher, "subscribe" | "isClosed">;
  isLeader: () => boolean;
  /** Asks the agent of this node to compare; that it hears of it is not sure. */
  ask: (node: string) => void;
}

/**
 * Lets the leader tell agents at once that something of theirs was deregistered on purpose; they would find it at their
 * next comparison. The returned function ends it.
 */
export function tellOwners({ db, publisher, isLeader, ask }: DeregistrationNewsDeps): () => void {
  let seen = newestDeregistration(db);
  let cancel: () => void;
  const subscribe = () => {
    cancel = publisher.subscribe({ topics: [DEREGISTERED_TOPIC] }, () => {
      if (publisher.isClosed) return;
      subscribe();
      const owners = ownersSince(db, seen);
      seen = newestDeregistration(db);
      if (isLeader()) for (const owner of owners) ask(owner);
    });
  };
  subscribe();
  return () => cancel();
}
