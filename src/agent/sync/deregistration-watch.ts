import { deregisteredTopic } from "../../state/deregistrations/topics.ts";
import type { Publisher } from "../../state/publisher.ts";

/** Calls `onNews` whenever something of this node was deregistered on purpose, until the returned function is called. */
export function watchDeregistrations(
  publisher: Pick<Publisher, "subscribe" | "isClosed">,
  nodeId: string,
  onNews: () => void,
): () => void {
  let cancel: () => void;
  const subscribe = () => {
    cancel = publisher.subscribe({ topics: [deregisteredTopic(nodeId)] }, () => {
      if (publisher.isClosed) return;
      subscribe();
      onNews();
    });
  };
  subscribe();
  return () => cancel();
}
