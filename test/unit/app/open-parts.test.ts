import { expect, test } from "bun:test";
import { OpenParts, openAll } from "../../../src/app/open-parts.ts";

test("what was opened last is closed first, and each part once", async () => {
  const closed: string[] = [];
  const parts = new OpenParts();
  for (const name of ["storage", "agent", "http"]) parts.add(() => void closed.push(name));
  await parts.close();
  await parts.close();
  expect(closed).toEqual(["http", "agent", "storage"]);
});

test("a part that can't be closed keeps nobody open; its failure is told", async () => {
  const closed: string[] = [];
  const parts = new OpenParts();
  parts.add(() => void closed.push("storage"));
  parts.add(() => Promise.reject(new Error("stuck")));
  expect(parts.close()).rejects.toThrow("stuck");
  await parts.close();
  expect(closed).toEqual(["storage"]);
});

test("a start that fails in the middle closes what is open and tells its own reason", async () => {
  const closed: string[] = [];
  const start = openAll(async (parts) => {
    parts.add(() => void closed.push("storage"));
    parts.add(() => Promise.reject(new Error("stuck")));
    throw new Error("the port is taken");
  });
  expect(start).rejects.toThrow("the port is taken");
  await start.catch(() => undefined);
  expect(closed).toEqual(["storage"]);
});
