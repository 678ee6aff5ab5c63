import { describe, expect, test } from "bun:test";
import { type SnapshotDeps, snapshotRoutes } from "../../../../src/http/routes/snapshot.ts";
import { ARCHIVE_BYTES_MAX } from "../../../../src/state/restore/limits.ts";
import { MemoryArchive } from "../../../support/archives.ts";
import { httpRig } from "../../../support/http-rig.ts";

const content = Uint8Array.from({ length: 600_000 }, (_, at) => at % 251);

function rig({ leftOut = {}, kept = {} }: Partial<Record<"leftOut" | "kept", Record<string, number>>> = {}) {
  const archive = new MemoryArchive(content);
  const asked: unknown[] = [];
  const snapshot: SnapshotDeps["snapshot"] = {
    async save(withoutNewer) {
      asked.push(withoutNewer);
      return { archive, leftOut };
    },
    async restore(body, skipUnknown) {
      let bytes = 0;
      for await (const part of body) bytes += part.length;
      asked.push(bytes, skipUnknown);
      return { kept, leftOut };
    },
    index: () => 81,
  };
  return { ...httpRig(snapshotRoutes, { snapshot }), archive, asked };
}

describe("an archive", () => {
  test("goes to its reader in parts, and is removed when all of it has gone", async () => {
    const { send, archive, asked } = rig();
    const answer = await send("GET", "/v1/snapshot");
    expect(answer.headers.get("content-type")).toBe("application/x-gzip");
    expect(answer.headers.get("x-consul-index")).toBe("81");
    expect(answer.headers.get("x-muster-left-out")).toBeNull();
    expect(Buffer.compare(await answer.bytes(), content)).toBe(0);
    expect([archive.isRemoved, asked]).toEqual([true, [false]]);
  });

  test("is removed when its reader goes away", async () => {
    const { send, archive } = rig();
    const answer = await send("GET", "/v1/snapshot");
    const reader = answer.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(archive.isRemoved).toBe(true);
  });

  test("says what it is without", async () => {
    const { send, asked } = rig({ leftOut: { Peering: 2 } });
    const answer = await send("GET", "/v1/snapshot?without-newer");
    expect(answer.headers.get("x-muster-left-out")).toBe('{"Peering":2}');
    await answer.bytes();
    expect(asked).toEqual([true]);
  });
});

describe("a restore", () => {
  const put = (path: string, report?: Parameters<typeof rig>[0], headers: Record<string, string> = {}) =>
    rig(report).send("PUT", path, { body: content, headers });

  test("answers nothing, as Consul does, unless a report is asked for", async () => {
    const report = { kept: { ACLToken: 5 } };
    expect(await (await put("/v1/snapshot", report)).text()).toBe("");
    expect(await (await put("/v1/snapshot?report", report)).json()).toEqual({
      Kept: { ACLToken: 5 },
      LeftOut: {},
      Warnings: [expect.stringContaining("access control is not enforced")],
    });
    expect(await (await put("/v1/snapshot?skip-unknown", { leftOut: { "Unknown(99)": 1 } })).json()).toEqual({
      Kept: {},
      LeftOut: { "Unknown(99)": 1 },
      Warnings: [],
    });
  });

  test("takes the body as it comes", async () => {
    const { send, asked } = rig();
    await send("PUT", "/v1/snapshot", { body: content });
    expect(asked).toEqual([content.length, false]);
  });

  test("of more than an archive may be is refused before it comes", async () => {
    const answer = await put("/v1/snapshot", {}, { "content-length": String(ARCHIVE_BYTES_MAX + 1) });
    expect([answer.status, await answer.text()]).toEqual([
      413,
      `Request body(${ARCHIVE_BYTES_MAX + 1} bytes) too large`,
    ]);
  });
});
