import { expect, test } from "bun:test";
import { changeRefusal, leadershipLost, noLeader, proposalRefusal } from "../../../src/raft/refusals.ts";

test("a refused proposal is certain not to happen, whatever the reason, and only a lost leadership leaves it open", () => {
  expect(proposalRefusal("not leader")).toEqual(noLeader());
  expect(proposalRefusal("transferring")).toEqual(noLeader());
  expect(proposalRefusal("too many uncommitted")).toMatchObject({
    message: "timed out enqueuing operation",
    outcome: "refused",
  });
  expect(leadershipLost().outcome).toBe("unknown");
});

test("a refused change tells the operator what to do, or is refused as a proposal is", () => {
  expect(changeRefusal("change under way").message).toContain("try again");
  expect(changeRefusal("last voter").message).toContain("nobody could lead");
  expect(changeRefusal("not leader")).toEqual(noLeader());
});
