import { expect, test } from "bun:test";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { runExecutable, until } from "../support/e2e/agent.ts";
import { ask, read } from "./harness/ask.ts";
import { withRig } from "./harness/rig.ts";

test("the pid file holds the process id while the agent runs, and is gone when it has stopped", () =>
  withRig(async (rig) => {
    const file = join(rig.dir, "agent.pid");
    const agent = await rig.dev([`-pid-file=${file}`]);
    expect(readFileSync(file, "utf8").trim()).toBe(String(agent.pid));
    await agent.stop("SIGTERM");
    expect(existsSync(file)).toBe(false);
  }));

test("HUP takes services and the log's level anew; a bad configuration is named and changes nothing", () =>
  withRig(async (rig) => {
    rig.file("conf/level.json", { log_level: "INFO" });
    rig.file("conf/web.json", { service: { name: "web" } });
    const agent = await rig.dev([`-config-dir=${join(rig.dir, "conf")}`]);
    const services = async () => Object.keys(await read<Record<string, unknown>>(`${agent.url}/v1/agent/services`));
    expect(await services()).toEqual(["web"]);
    await ask(`${agent.url}/v1/agent/service/register`, "PUT", { Name: "by-api", Check: { TTL: "1h" } });
    expect(await agent.output()).not.toContain("[DEBUG]");

    rmSync(join(rig.dir, "conf/web.json"));
    rig.file("conf/db.json", { service: { name: "db" } });
    rig.file("conf/level.json", { log_level: "DEBUG" });
    process.kill(agent.pid, "SIGHUP");
    await until(async () => (await services()).sort().join() === "by-api,db", "the services of the new files");
    await until(async () => {
      await ask(`${agent.url}/v1/agent/check/pass/service:by-api`, "PUT");
      return (await agent.output()).includes("[DEBUG]");
    }, "lines of level DEBUG");

    rig.file("conf/bad.json", { service: { name: "bad" }, no_such_key: 1 });
    process.kill(agent.pid, "SIGHUP");
    await until(async () => (await agent.output()).includes("reload failed"), "the refusal");
    expect(await agent.output()).toMatch(/reload failed.*bad\.json.*no_such_key/);
    expect((await services()).sort()).toEqual(["by-api", "db"]);

    const refused = await ask(`${agent.url}/v1/agent/reload`, "PUT");
    expect(refused).toMatchObject({ status: 500, text: expect.stringContaining("no_such_key") });
    rmSync(join(rig.dir, "conf/bad.json"));
    expect((await ask(`${agent.url}/v1/agent/reload`, "PUT")).status).toBe(200);
  }));

test("INT on a server exits 1 without leaving, TERM too; `leave` exits 0", () =>
  withRig(async (rig) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const agent = await rig.server();
      expect(await agent.stop(signal)).toBe(1);
      expect(await agent.output()).not.toContain("Gracefully shutting down");
    }
    const agent = await rig.server();
    const { code, stdout } = await runExecutable(rig.dir, ["leave", `-http-addr=127.0.0.1:${agent.httpPort}`]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "Graceful leave complete\n" });
    // It ends by itself; a signal to what is gone gives its exit code.
    await until(async () => !existsSync(`/proc/${agent.pid}`), "the end of the process");
    expect(await agent.stop("SIGKILL")).toBe(0);
  }));

test("a second signal ends the agent while the first still waits for an answer under way", () =>
  withRig(async (rig) => {
    const agent = await rig.launch(["-dev"]);
    await agent.says("agent running!");
    // A write whose body never comes; the 100 says that the agent waits for it.
    const upload = connect(agent.ports.http, "127.0.0.1");
    upload.write("PUT /v1/kv/x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
    const [answer] = await once(upload, "data");
    expect(String(answer)).toStartWith("HTTP/1.1 100 Continue");
    agent.kill("SIGINT");
    await agent.says("shutting down without leaving");
    agent.kill("SIGINT");
    expect(await agent.ended()).toBe(1);
    // The line that the way in order ends with.
    expect(await agent.output()).not.toContain("Exit code");
    upload.destroy();
  }));

test("a lost terminal or a closed pipe does not end the agent", () =>
  withRig(async (rig) => {
    const agent = await rig.dev();
    process.kill(agent.pid, "SIGPIPE");
    expect((await ask(`${agent.url}/v1/kv/a`, "PUT", "1")).text.trim()).toBe("true");
  }));

const hasPython = Bun.which("python3") !== null;
/** Neither Bun nor Node has unix datagrams. */
const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`;

test.skipIf(!hasPython)(
  hasPython
    ? "systemd hears READY=1 and STOPPING=1"
    : "systemd hears READY=1 and STOPPING=1 (not run: no python3 here)",
  () =>
    withRig(async (rig) => {
      const socket = join(rig.dir, "notify");
      const listener = Bun.spawn(["python3", "-c", LISTENER, socket], { stdout: "pipe", stderr: "inherit" });
      let heard = "";
      const hearing = (async () => {
        for await (const chunk of listener.stdout) heard += new TextDecoder().decode(chunk);
      })();
      try {
        await until(async () => heard.includes("bound"), "the listener");
        const agent = await rig.launch(["-dev"], { env: { NOTIFY_SOCKET: socket } });
        await until(async () => heard.includes("READY=1"), "READY=1");
        expect((await ask(`http://127.0.0.1:${agent.ports.http}/v1/status/leader`)).status).toBe(200);
        agent.kill("SIGTERM");
        await until(async () => heard.includes("STOPPING=1"), "STOPPING=1");
        expect(await agent.ended()).toBe(1);
      } finally {
        listener.kill("SIGKILL");
        await hearing;
      }
    }),
);
