import { expect, test } from "bun:test";
import os from "node:os";
import { hostInfo } from "../../../src/platform/host.ts";

test("host: memory, processors, system and disk are those of this machine", async () => {
  const info = await hostInfo("/");
  expect(info.Errors).toBeNull();
  expect((info.Memory as { total: number }).total).toBe(os.totalmem());
  expect(info.CPU).toHaveLength(os.cpus().length);
  expect(info.Host).toMatchObject({ hostname: os.hostname(), os: "linux" });
  expect((info.Disk as { total: number }).total).toBeGreaterThan(0);
});

test("host: what can't be read is named, and the rest still comes", async () => {
  const info = await hostInfo("/nonexistent");
  expect(info.Disk).toBeNull();
  expect(info.Memory).not.toBeNull();
  expect((info.Errors as string[])[0]).toStartWith("disk: ");
});
