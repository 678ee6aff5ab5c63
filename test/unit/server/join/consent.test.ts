import { expect, test } from "bun:test";
import { type Applicant, answerConsent, type Consent, stillWants } from "../../../../src/server/join/consent.ts";

const configuration = { servers: ["a", "b", "c"].map((id) => ({ id, address: `${id}:8300`, voter: true })) };
const wanted = (clusterId: string, initiator: string): Consent => ({ clusterId, initiator, configuration });
const b: Applicant = { nodeId: "b", clusterId: "", consent: undefined, expect: 3, mayVote: true };

test("a server agrees to one cluster, and again to the same one", () => {
  expect(answerConsent(b, wanted("x", "a"))).toEqual({ granted: true });
  const promised = { ...b, consent: wanted("x", "a") };
  expect(answerConsent(promised, wanted("x", "a"))).toEqual({ granted: true });
  expect(answerConsent(promised, wanted("y", "a"))).toEqual({ granted: false, why: "promised", initiator: "a" });
  expect(answerConsent(promised, wanted("y", "0"))).toEqual({ granted: false, why: "promised", initiator: "a" });
});

test("an initiator gives way to a smaller id only", () => {
  const initiator = { ...b, consent: wanted("x", "b") };
  expect(answerConsent(initiator, wanted("y", "a"))).toEqual({ granted: true });
  expect(answerConsent(initiator, wanted("y", "c"))).toEqual({ granted: false, why: "promised", initiator: "b" });
});

test("a server of a cluster agrees to that cluster alone", () => {
  const member = { ...b, clusterId: "x" };
  expect(answerConsent(member, wanted("x", "a"))).toEqual({ granted: true });
  expect(answerConsent(member, wanted("y", "a"))).toEqual({ granted: false, why: "other cluster", initiator: "" });
});

test.each([{ expect: 0 }, { expect: 5 }, { mayVote: false }, { nodeId: "d" }])(
  "a server with %p is not meant",
  (change) => {
    const answer = answerConsent({ ...b, ...change }, wanted("x", "a"));
    expect(answer).toEqual({ granted: false, why: "not meant", initiator: "" });
  },
);

test("an initiator wants its cluster until it has given it up", () => {
  expect(stillWants({ ...b, consent: wanted("x", "b") }, "x")).toBe(true);
  expect(stillWants({ ...b, clusterId: "x" }, "x")).toBe(true);
  expect(stillWants({ ...b, consent: wanted("y", "b") }, "x")).toBe(false);
  expect(stillWants(b, "x")).toBe(false);
});
