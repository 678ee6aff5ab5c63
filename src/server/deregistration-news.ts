import type { Clock, Timer } from "../ports/clock.ts";
import type { StateDb } from "../state/db.ts";
import { newestDeregistration, ownersSince } from "../state/deregistrations/queries.ts";
import { DEREGISTERED_TOPIC } from "../state/deregistrations/topics.ts";
import type { Publisher } from "../state/publisher.ts";

/** Deregistrations come in rows; an agent is asked once for those of this time. */
const ASK_AFTER_MS = 200;

export interface DeregistrationNewsDeps {
  db: StateDb;
  publisher: Pick<Publisher, "subscribe" | "isClosed">;
  isLeader: () => boolean;
  /** Asks the agent of this node to compare; that it hears of it is not sure. */
  ask: (node: string) => void;
  clock: Clock;
}

/**
 * Lets the leader tell agents at once that something of theirs was deregistered on purpose; they would find it at their
 * next comparison. The returned function ends it.
 */
export function tellOwners({ db, publisher, isLeader, ask, clock }: DeregistrationNewsDeps): () => void {
  let seen = newestDeregistration(db);
  let cancel: () => void;
  let timer: Timer | undefined;
  const tell = () => {
    timer = undefined;
    const owners = ownersSince(db, seen);
    seen = newestDeregistration(db);
    if (isLeader()) for (const owner of owners) ask(owner);
  };
  const subscribe = () => {
    cancel = publisher.subscribe({ topics: [DEREGISTERED_TOPIC] }, () => {
      if (publisher.isClosed) return;
      subscribe();
      timer ??= clock.after(ASK_AFTER_MS, tell);
    });
  };
  subscribe();
  return () => {
    cancel();
    timer?.cancel();
  };
}
