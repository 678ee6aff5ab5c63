import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DeliveryLedger, parseLedger } from "../../../../src/agent/watches/ledger.ts";
import { MemoryFileStore } from "../../../../src/platform/file-store.ts";
import { RecordingLogger } from "../../../support/recording-logger.ts";

const DELIVERED = { hash: "ab", index: "7" };

describe("what was delivered", () => {
  test("is known after a restart, but for watches that are no more", async () => {
    const files = new MemoryFileStore();
    const log = new RecordingLogger();
    const ledger = await DeliveryLedger.open(files, log);
    await ledger.delivered("a", DELIVERED);
    await ledger.delivered("b", DELIVERED);
    await ledger.keepOnly(new Set(["b"]));
    const later = await DeliveryLedger.open(files, log);
    expect([later.lastOf("a"), later.lastOf("b")]).toEqual([undefined, DELIVERED]);
  });

  test("a damaged file counts as none, and is told", async () => {
    const files = new MemoryFileStore();
    await files.write("watches/delivered.json", '{"version":1,"delivered":{"a"');
    const log = new RecordingLogger();
    const ledger = await DeliveryLedger.open(files, log);
    expect(ledger.lastOf("a")).toBeUndefined();
    expect(JSON.stringify(log.lines)).toContain("called once more");
  });

  test("a disk that takes nothing is told, and nothing else fails", async () => {
    const files = Object.assign(new MemoryFileStore(), { write: () => Promise.reject(new Error("disk full")) });
    const log = new RecordingLogger();
    const ledger = await DeliveryLedger.open(files, log);
    await ledger.delivered("a", DELIVERED);
    expect(JSON.stringify(log.lines)).toContain("disk full");
    expect(ledger.lastOf("a")).toEqual(DELIVERED);
  });

  test("anything in the file is taken or refused with an Error", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          expect(parseLedger(text)).toBeInstanceOf(Map);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
