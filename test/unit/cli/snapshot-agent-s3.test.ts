import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { snapshotArchive } from "../../support/cli/archive.ts";
import { FakeKv } from "../../support/cli/fake-kv.ts";
import { FakeS3 } from "../../support/cli/fake-s3.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";

const ARCHIVE = snapshotArchive();

let dir: string;
let kv: FakeKv;
let s3: FakeS3;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "snapshot-agent-s3-"));
  s3 = new FakeS3();
  kv = new FakeKv();
  kv.other = (method, path) => {
    if (path === "/v1/snapshot") return new Response(new Uint8Array(ARCHIVE));
    return path.startsWith("/v1/agent/") && method === "PUT" ? new Response("") : undefined;
  };
});
afterEach(async () => {
  await Promise.all([kv.stop(), s3.stop()]);
  rmSync(dir, { recursive: true });
});

const env = () => ({ CONSUL_HTTP_ADDR: kv.address });

describe("snapshot agent: S3", () => {
  const keys = () => ({ AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey });
  const s3Words = () => [
    "snapshot",
    "agent",
    "-interval=0",
    `-aws-s3-bucket=${s3.bucket}`,
    `-aws-s3-region=${s3.region}`,
    `-aws-s3-endpoint=${s3.endpoint}`,
  ];
  const toS3 = (words: readonly string[] = [], variables: Record<string, string> = keys()) =>
    runInProcess([...s3Words(), ...words], { env: { ...env(), ...variables } });

  test("puts a signed object below the prefix and writes nothing to the disk", async () => {
    const { exit, stdout, stderr } = await toS3([`-local-path=${join(dir, "unused")}`]);
    expect([exit, stderr]).toEqual([0, ""]);
    const [[key = "", bytes] = []] = s3.objects;
    expect(key).toMatch(/^consul-snapshot\/consul-\d{19}\.snap$/);
    expect(bytes).toEqual(new Uint8Array(ARCHIVE));
    expect(stdout).toContain(`s3://backups/${key}, index 81`);
    expect(readdirSync(dir)).toEqual([]);
  });

  test("removes the oldest beyond -retain over several pages of names, and only its own", async () => {
    for (let id = 1; id <= 8; id++) s3.objects.set(`my/pre fix/consul-${id}.snap`, new Uint8Array());
    const foreign = ["my/pre fix/consul-x.snap", "my/pre fix/sub/consul-1.snap", "consul-1.snap"];
    for (const key of foreign) s3.objects.set(key, new Uint8Array());
    const { stderr } = await toS3(["-retain=3", "-aws-s3-key-prefix=/my/pre fix/"]);
    expect(stderr).toBe("");
    const left = [...s3.objects.keys()].filter((key) => !foreign.includes(key));
    expect(left.slice(0, 2)).toEqual(["my/pre fix/consul-7.snap", "my/pre fix/consul-8.snap"]);
    expect(left).toHaveLength(3);
    expect([...s3.objects.keys()]).toEqual(expect.arrayContaining(foreign));
  });

  test("with a static name there is one object, and nothing is listed or removed", async () => {
    await toS3(["-aws-s3-static-snapshot-name=latest.snap"]);
    await toS3(["-aws-s3-static-snapshot-name=latest.snap"]);
    expect(s3.requests).toEqual(["PUT latest.snap", "PUT latest.snap"]);
  });

  test("takes the keys of the shared credentials file, of the named profile", async () => {
    const file = join(dir, "credentials");
    writeFileSync(
      file,
      `[default]\naws_access_key_id = other\n\n[ops]\naws_access_key_id = ${s3.accessKeyId}\naws_secret_access_key=${s3.secretAccessKey}\n`,
    );
    expect((await toS3([], { AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: "ops" })).exit).toBe(0);
    expect((await toS3([], { AWS_SHARED_CREDENTIALS_FILE: file })).stderr).toContain("The secret of the S3 key other");
  });

  test("takes keys and place from a configuration file", async () => {
    const { bucket, region, endpoint, accessKeyId, secretAccessKey } = s3;
    const aws_storage = {
      s3_bucket: bucket,
      s3_region: region,
      s3_endpoint: endpoint,
      access_key_id: accessKeyId,
      secret_access_key: secretAccessKey,
    };
    writeFileSync(
      join(dir, "a.json"),
      JSON.stringify({ snapshot_agent: { aws_storage, snapshot: { interval: "0" } } }),
    );
    const { exit, stderr } = await runInProcess(["snapshot", "agent", `-config-file=${join(dir, "a.json")}`], {
      env: env(),
    });
    expect([exit, stderr]).toEqual([0, ""]);
    expect(s3.objects.size).toBe(1);
  });

  test.each([
    [{ AWS_SECRET_ACCESS_KEY: "wrong" }, "SignatureDoesNotMatch: refused (look at AWS_SECRET_ACCESS_KEY)"],
    [{ AWS_ACCESS_KEY_ID: "wrong" }, "InvalidAccessKeyId: refused (the store does not know the key"],
  ])("a refused signature fails and says where to look, never the secret", async (wrong, why) => {
    const { exit, stderr } = await toS3([], { ...keys(), ...wrong });
    expect([exit, stderr]).toEqual([1, expect.stringContaining(why)]);
    expect(stderr).not.toContain(s3.secretAccessKey);
    expect(s3.objects.size).toBe(0);
  });

  test("a store that fails or is not there is told, with what was tried", async () => {
    s3.fault = (method) => (method === "PUT" ? new Response("down", { status: 503 }) : undefined);
    expect((await toS3()).stderr).toMatch(
      /^Error saving snapshot: can't write s3:\/\/backups\/consul-snapshot\/consul-\d+\.snap: /,
    );
    expect((await toS3(["-aws-s3-endpoint=http://127.0.0.1:1"])).stderr).toContain("nothing listens at the endpoint");
    expect((await toS3(["-aws-s3-bucket=other"])).stderr).toContain("NoSuchBucket: refused (look at -aws-s3-bucket");
  });

  test("what can't be removed stays and is told; the snapshot counts", async () => {
    s3.objects.set("consul-snapshot/consul-1.snap", new Uint8Array());
    s3.fault = (method) => (method === "DELETE" ? new Response("", { status: 403 }) : undefined);
    const { exit, stdout } = await toS3(["-retain=1"]);
    expect(exit).toBe(0);
    expect(stdout).toContain(
      "[WARN]  snapshot-agent: Old snapshot 1 stays: can't remove s3://backups/consul-snapshot/consul-1.snap",
    );
    expect(s3.objects.size).toBe(2);
  });

  test.each([
    [["-aws-s3-region="], {}, "-aws-s3-region is missing"],
    [["-aws-s3-endpoint=ftp://x"], {}, "is not a URL such as https://s3.example.com"],
    [["-aws-s3-server-side-encryption"], {}, "set it as the bucket's default"],
    [[], { AWS_ACCESS_KEY_ID: "" }, "No keys for the S3 store"],
    [["-aws-access-key-id=a", "-aws-secret-access-key=b"], { AWS_SESSION_TOKEN: "t" }, "belongs to another key than a"],
  ])("%j %j is refused", async (words, variables, why) => {
    const { exit, stderr } = await toS3(words, { ...keys(), ...variables });
    expect([exit, stderr]).toEqual([1, expect.stringContaining(why)]);
    expect(s3.requests).toEqual([]);
  });

  test("a stop does not wait for a store that is silent", async () => {
    const started = Promise.withResolvers<void>();
    s3.fault = (method) => {
      if (method !== "PUT") return undefined;
      started.resolve();
      return new Response(new ReadableStream({ pull: () => undefined }));
    };
    const stopper = new AbortController();
    const words = s3Words().filter((word) => !word.startsWith("-interval"));
    const running = runInProcess(words, { env: { ...env(), ...keys() }, interrupted: stopper.signal });
    await started.promise;
    stopper.abort();
    expect((await running).exit).toBe(0);
    expect(kv.pairs.get("consul-snapshot/lock")?.Session).toBe("");
  });
});
