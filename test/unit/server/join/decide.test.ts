import { expect, test } from "bun:test";
import { type Candidate, decideJoin, type JoinView } from "../../../../src/server/join/decide.ts";

const other = (nodeId: string, more: Partial<Candidate> = {}): Candidate => ({
  ...{ nodeId, address: `${nodeId}:8300`, clusterId: "", expect: 3, mayVote: true },
  ...more,
});
const own: JoinView = {
  ...{ nodeId: "a", address: "a:8300", clusterId: "", consent: undefined, expect: 3, mayVote: true },
  ...{ isLogEmpty: true, others: [], granted: new Set<string>(), askingForMs: 0, isYielding: false },
};
const configuration = { servers: ["a", "b", "c"].map((id) => ({ id, address: `${id}:8300`, voter: true })) };
const ownConsent = { clusterId: "x", initiator: "a", configuration };
const all = [other("b"), other("c")];

test("with all expected servers the smallest id begins", () => {
  expect(decideJoin({ ...own, others: all })).toEqual({ kind: "initiate", configuration });
  expect(decideJoin({ ...own, nodeId: "d", others: all }).kind).toBe("wait");
});

test("servers that don't vote are not counted", () => {
  expect(decideJoin({ ...own, others: [other("b"), other("c", { mayVote: false })] }).kind).toBe("wait");
});

test("a cluster that is met is joined, and two are not chosen between", () => {
  const member = other("b", { clusterId: "y" });
  expect(decideJoin({ ...own, others: [member, other("c")] })).toEqual({ kind: "adopt", clusterId: "y" });
  expect(decideJoin({ ...own, others: [member, other("c", { clusterId: "z" })] }).kind).toBe("wait");
  expect(decideJoin({ ...own, consent: ownConsent, others: [member] })).toEqual({ kind: "adopt", clusterId: "y" });
});

test("a promise binds until its initiator says otherwise", () => {
  const consent = { ...ownConsent, initiator: "b" };
  const member = other("c", { clusterId: "y" });
  expect(decideJoin({ ...own, consent, others: [member] })).toEqual({ kind: "verify", initiator: "b" });
  const made = other("b", { clusterId: "x" });
  expect(decideJoin({ ...own, consent, others: [made] })).toEqual({ kind: "adopt", clusterId: "x" });
});

test("the initiator asks those who have not agreed, and makes the cluster when all have", () => {
  const asking = { ...own, consent: ownConsent, others: all };
  expect(decideJoin(asking)).toEqual({ kind: "ask", servers: ["b", "c"] });
  expect(decideJoin({ ...asking, granted: new Set(["b"]) })).toEqual({ kind: "ask", servers: ["c"] });
  expect(decideJoin({ ...asking, granted: new Set(["b", "c"]) })).toEqual({ kind: "bootstrap" });
});

test("an attempt whose server is gone is given up after a while", () => {
  const asking = { ...own, consent: ownConsent, others: [other("b")] };
  expect(decideJoin({ ...asking, askingForMs: 14_999 })).toEqual({ kind: "ask", servers: ["b"] });
  expect(decideJoin({ ...asking, askingForMs: 15_000 })).toEqual({ kind: "abandon" });
});

test("a crash between the cluster's id and its first entry is taken up", () => {
  const halfway = { ...own, clusterId: "x", consent: ownConsent };
  expect(decideJoin(halfway)).toEqual({ kind: "bootstrap" });
  expect(decideJoin({ ...halfway, isLogEmpty: false })).toEqual({ kind: "done" });
  expect(decideJoin({ ...halfway, consent: undefined })).toEqual({ kind: "done" });
});
