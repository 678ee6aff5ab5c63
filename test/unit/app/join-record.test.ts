import { expect, test } from "bun:test";
import { openJoinRecord } from "../../../src/app/join-record.ts";
import { MemoryFileStore } from "../../../src/platform/file-store.ts";
import { failureOf } from "../../support/failure-of.ts";

const CONSENT = {
  clusterId: "x",
  initiator: "a",
  configuration: { servers: [{ id: "a", address: "a:8300", voter: true }] },
};

function rig(clusterId = "") {
  const files = new MemoryFileStore();
  const stored = { clusterId };
  const store = {
    async setClusterId(id: string) {
      stored.clusterId = id;
    },
  };
  return { files, stored, open: () => openJoinRecord(store, files, { clusterId: stored.clusterId }) };
}

test("a promise and a cluster outlive the process", async () => {
  const { open, stored } = rig();
  const record = await open();
  expect([record.clusterId(), record.consent()]).toEqual(["", undefined]);
  await record.setConsent(CONSENT);
  expect((await open()).consent()).toEqual(CONSENT);
  await record.setClusterId("x");
  await record.setConsent(undefined);
  expect([stored.clusterId, (await open()).clusterId(), (await open()).consent()]).toEqual(["x", "x", undefined]);
  record.renamed("y");
  expect(record.clusterId()).toBe("y");
});

test("nothing is believed before it is stored", async () => {
  const { files, open } = rig();
  const record = await open();
  files.write = () => Promise.reject(new Error("disk"));
  await failureOf(record.setConsent(CONSENT));
  expect(record.consent()).toBeUndefined();
});

test("a promise that can't be read is not forgotten by accident", async () => {
  const { files, open } = rig();
  await files.write("raft/consent.json", "{}");
  expect((await failureOf(open())).message).toContain("raft/consent.json");
});
