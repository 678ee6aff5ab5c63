import type { Configuration } from "../../raft/configuration.ts";
import type { Progress } from "../../raft/core/types.ts";
import type { Member } from "../members.ts";
import type { ServerView } from "./health.ts";

export interface ClusterView {
  /** Node id of the leader, this server. */
  leaderId: string;
  term: number;
  lastIndex: number;
  configuration: Configuration;
  members: readonly Member[];
  progress: readonly Progress[];
  nowMs: number;
}

/** The servers of the configuration as the leader sees them. */
export function serverViews(view: ClusterView): ServerView[] {
  const { leaderId, term, lastIndex, nowMs } = view;
  const members = new Map(view.members.map((member) => [member.nodeId, member]));
  const progress = new Map(view.progress.map((each) => [each.id, each]));
  return view.configuration.servers.map(({ id, address, voter }) => {
    const member = members.get(id);
    const isLeader = id === leaderId;
    const known = progress.get(id);
    const contactMs = known?.contactMs === undefined ? undefined : Math.max(0, nowMs - known.contactMs);
    return {
      ...{ id, address, name: member?.name ?? "", version: member?.version ?? "", isLeader, isVoter: voter },
      ...{ mayVote: member?.mayVote ?? true, isAlive: member?.isAlive ?? false, silentMs: member?.silentMs ?? 0 },
      contactMs: isLeader ? 0 : contactMs,
      lastIndex: isLeader ? lastIndex : (known?.match ?? 0),
      // Who answers this leader is in its term.
      lastTerm: isLeader || contactMs !== undefined ? term : 0,
      meta: member?.nodeMeta ?? {},
    };
  });
}
