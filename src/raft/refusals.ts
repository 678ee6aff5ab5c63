import { Refusal } from "../lib/refusal.ts";
import type { RefusedReason } from "./core/types.ts";

/** Nobody leads, or another server does. What was proposed is not in the log and never will be. */
export const noLeader = () => new Refusal("No cluster leader", 500, "refused");
/** hashicorp/raft's ErrEnqueueTimeout, which Consul answers when its leader can't keep up. */
export const tooManyWrites = () => new Refusal("timed out enqueuing operation", 500, "refused");
/** hashicorp/raft's ErrAbortedByRestore. */
export const restoring = () => new Refusal("snapshot restored while committing log", 500, "refused");
/** hashicorp/raft's ErrLeadershipLost: the entry may be in the log of whoever leads next, or not. */
export const leadershipLost = () => new Refusal("leadership lost while committing log", 500, "unknown");
/** The disks of a majority, or what leads there, are too slow: it may still happen. */
export const commitTimedOut = () => new Refusal("timed out committing log", 500, "unknown");
/** hashicorp/raft's ErrCantBootstrap. */
export const alreadyBootstrapped = () => new Refusal("bootstrap only works on new clusters", 500, "refused");

/** Why a command was not taken, for its proposer. A leader that is about to leave is as good as none. */
export function proposalRefusal(reason: RefusedReason): Refusal {
  return reason === "too many uncommitted" ? tooManyWrites() : noLeader();
}

const CHANGE_TEXTS: Partial<Record<RefusedReason, string>> = {
  transferring: "leadership transfer in progress",
  "not committed in this term": "the leader is new and has committed nothing yet; try again in a moment",
  "change under way": "another change of the servers is under way; try again in a moment",
  "no such server": "no such server in the Raft configuration",
  "already so": "the Raft configuration says so already",
  "last voter": "the last voter can't be removed or demoted: nobody could lead any more",
};

/** Why a change of the servers was not made, for an operator. */
export function changeRefusal(reason: RefusedReason): Refusal {
  const text = CHANGE_TEXTS[reason];
  return text === undefined ? proposalRefusal(reason) : new Refusal(text, 500, "refused");
}

const PASSING: ReadonlySet<string | undefined> = new Set([
  noLeader().message,
  CHANGE_TEXTS.transferring,
  CHANGE_TEXTS["not committed in this term"],
  CHANGE_TEXTS["change under way"],
]);

/** Whether the same may well be done in a moment, and was certainly not done so far; also of another server's refusal. */
export function isPassing(error: unknown): boolean {
  return error instanceof Refusal && error.outcome === "refused" && PASSING.has(error.message);
}
