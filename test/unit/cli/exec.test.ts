import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { FakeKv } from "../../support/cli/fake-kv.ts";
import { Collector, runInProcess } from "../../support/cli/run-in-process.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const EVENT_ID = "06dd8128-b2f5-eecd-d2f9-5ad62e48a3af";
const DIR = "_rexec/session-1";

let kv: FakeKv;
let clock: ManualClock;
let fired: unknown[];
beforeEach(() => {
  kv = new FakeKv();
  clock = new ManualClock();
  fired = [];
  kv.other = (_, path, body) => {
    if (path === "/v1/agent/self") return Response.json({ Config: { NodeName: "n1", Datacenter: "dc1" } });
    if (path === "/v1/health/service/consul") return Response.json([{ Node: { Node: "far" } }]);
    if (!path.startsWith("/v1/event/fire/")) return undefined;
    fired.push(JSON.parse(body));
    return Response.json({ ID: EVENT_ID });
  };
});
afterEach(() => kv.stop());

/** Starts the command and lets it come to the point where it waits for answers. */
async function begin(words: readonly string[], input = "") {
  const [out, err] = [new Collector(), new Collector()];
  const stop = new AbortController();
  const env = { CONSUL_HTTP_ADDR: kv.address };
  const running = runInProcess(["exec", ...words], { env, clock, out, err, input, interrupted: stop.signal });
  await until(() => clock.pendingMs.includes(200));
  clock.advance(200);
  await kv.seen("keys=");
  return { running, out, err, stop };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const node = (name: string) => ({
  ack: () => kv.put(`${DIR}/${name}/ack`, ""),
  says: (number: number, text: string) => kv.put(`${DIR}/${name}/out/0000${number}`, text),
  ends: (code: number) => kv.put(`${DIR}/${name}/exit`, String(code)),
});
const jobOf = (key: string): unknown => JSON.parse(Buffer.from(kv.pairs.get(key)?.Value ?? "", "base64").toString());

/** What is printed once nothing has come for the time that the command waits. */
async function quiet({ running, out }: Awaited<ReturnType<typeof begin>>, waitMs: number) {
  await until(() => clock.pendingMs.includes(waitMs));
  clock.advance(waitMs);
  const { exit } = await running;
  return { exit, stdout: out.text() };
}

describe("exec: what it prints and how it ends", () => {
  test("output stands behind the node's name, exit codes are told, and 2 says that one of them is not 0", async () => {
    const begun = await begin(["-verbose", "echo hi; exit 3"]);
    node("n1").ack();
    await until(() => begun.out.text().includes("acknowledged"));
    node("n1").says(0, "hi\n");
    node("n1").says(1, "");
    node("n1").ends(3);
    await until(() => begun.out.text().includes("finished"));
    expect(await quiet(begun, 2000)).toEqual({
      exit: 2,
      stdout: [
        "Created remote execution session: session-1",
        "Uploaded remote execution spec",
        `Fired remote execution event: ${EVENT_ID}`,
        "==> n1: acknowledged",
        "    n1: hi",
        "    n1:",
        "==> n1: heartbeat received",
        "==> n1: finished with exit code 3",
        "1 / 1 node(s) completed / acknowledged",
        "Completed in 2.00 seconds",
        "",
      ].join("\n"),
    });
  });

  test("white space at the end of output is left out, and only there (observed, Consul 1.8.7)", async () => {
    const begun = await begin(["x"]);
    node("n1").ack();
    node("n1").says(0, "a  \n\n  b\t\n \n\n");
    node("n1").ends(0);
    await until(() => begun.out.text().includes("finished"));
    const lines = ["    n1: a  ", "    n1: ", "    n1:   b\t", "    n1:  ", "    n1: ", "    n1:"];
    expect((await quiet(begun, 2000)).stdout).toStartWith(`${lines.join("\n")}\n==>`);
  });

  test("nobody answering is no failure", async () => {
    const begun = await begin(["-node=nope", "-wait=3s", "x"]);
    expect(await quiet(begun, 3000)).toEqual({ exit: 0, stdout: "0 / 0 node(s) completed / acknowledged\n" });
    expect(kv.requests).toContain("PUT /v1/event/fire/_rexec?node=nope");
  });

  test("a node at work is waited for twice as long, and is a failure when it does not end", async () => {
    const begun = await begin(["x"]);
    node("n1").ack();
    expect(await quiet(begun, 4000)).toEqual({ exit: 2, stdout: "0 / 1 node(s) completed / acknowledged\n" });
  });

  test("an interrupt ends it with 1", async () => {
    const begun = await begin(["x"]);
    begun.stop.abort();
    expect((await begun.running).exit).toBe(1);
    expect([kv.pairs.size, kv.sessions.size]).toEqual([0, 0]);
  });

  test("answers that can't be read end it with 1", async () => {
    const begun = await begin(["x"]);
    kv.failures.push(500, 500);
    node("n1").ack();
    await kv.seen("keys=", 2);
    node("n1").ends(0);
    expect((await begun.running).exit).toBe(1);
    expect(begun.err.text()).toBe("Failed to read results: Unexpected response code: 500 (failing)\n");
  });

  test("what is no answer is told and left out", async () => {
    const begun = await begin(["x"]);
    kv.put(`${DIR}/n1/what`, "");
    kv.put(`${DIR}/n1/exit`, "much");
    await until(() => begun.err.text().includes("exit code"));
    expect((await quiet(begun, 2000)).exit).toBe(0);
    expect(begun.err.text()).toBe("Unknown key 'n1/what', ignoring.\nFailed to parse exit code 'much'\n");
  });
});

describe("exec: what it asks", () => {
  test("the order is kept with the session, and nothing is left behind", async () => {
    const begun = await begin(["-prefix=/a//b/", "echo", "hi"]);
    expect(jobOf("a/b/session-1/job")).toEqual({ Command: "echo hi", Wait: 2e9 });
    expect(kv.pairs.get("a/b/session-1/job")?.Session).toBe("session-1");
    expect(kv.sessions.get("session-1")).toEqual({ name: "Remote Exec", behavior: "delete" });
    expect(fired).toEqual([{ Prefix: "a/b", Session: "session-1" }]);
    await quiet(begun, 2000);
    expect([kv.pairs.size, kv.sessions.size]).toEqual([0, 0]);
    expect(kv.requests.at(-1)).toBe("DELETE /v1/kv/a/b/session-1?recurse=");
  });

  test("without a shell the words are a program and its arguments", async () => {
    const begun = await begin(["-shell=false", "-wait=1s", "printf", "a b"]);
    expect(jobOf(`${DIR}/job`)).toEqual({ Args: ["printf", "a b"], Wait: 1e9 });
    await quiet(begun, 1000);
  });

  test("- reads a script", async () => {
    const begun = await begin(["-"], "#!/bin/sh\n");
    expect(jobOf(`${DIR}/job`)).toEqual({ Script: Buffer.from("#!/bin/sh\n").toString("base64"), Wait: 2e9 });
    await quiet(begun, 2000);
  });

  test("in another datacenter the session belongs to a server there", async () => {
    const begun = await begin(["-verbose", "-datacenter=dc2", "x"]);
    const { stdout } = await quiet(begun, 2000);
    expect(stdout).toStartWith(
      "Remote exec in foreign datacenter, using Session TTL\nBinding session to remote node far@dc2\nCreated",
    );
    expect(kv.sessions.size).toBe(0);
    expect(kv.requests.filter((line) => !line.includes("dc=dc2"))).toEqual(["GET /v1/agent/self"]);
    expect(kv.requests).toContain("GET /v1/health/service/consul?dc=dc2&passing=1");
  });
});
