import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePorts, until } from "../support/e2e/agent.ts";
import { type Rig, withRig } from "./harness/rig.ts";

const LISTEN = "0A";

/** TCP ports on which a process listens, sorted (proc(5)). */
function listening(pid: number): number[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        // Closed since it was listed.
        return [];
      }
    }),
  );
  const rows = ["tcp", "tcp6"].flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, "utf8").trim().split("\n").slice(1),
  );
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => columns[3] === LISTEN && inodes.has(columns[9] ?? ""))
    .map((columns) => Number.parseInt(columns[1]?.split(":")[1] ?? "", 16))
    .sort((a, b) => a - b);
}

test("a port of -1 turns its listener off, by flag and by file", () =>
  withRig(async (rig) => {
    const silent = await rig.launch(["-dev", "-http-port=-1"], { ports: { dns: -1 } });
    await silent.says("agent running!");
    expect(listening(silent.pid)).not.toContain(silent.ports.http);
    const none = listening(silent.pid);
    const both = await rig.launch(["-dev"], { ports: { https: -1, grpc: -1 } });
    await both.says("agent running!");
    expect(listening(both.pid).length).toBe(none.length + 2);
    expect(listening(both.pid)).toEqual(expect.arrayContaining([both.ports.http, both.ports.dns]));
  }));

test("HTTP on a unix socket: the file has the wished mode, replaces a stale one, and is gone after a stop", () =>
  withRig(async (rig) => {
    const socket = join(rig.dir, "http.sock");
    const config = rig.file("unix.json", { addresses: { http: `unix://${socket}` }, unix_sockets: { mode: "0700" } });
    const leader = () => fetch("http://localhost/v1/status/leader", { unix: socket }).then((answer) => answer.text());
    const first = await rig.launch(["-dev", `-config-file=${config}`]);
    await first.says("agent running!");
    expect(statSync(socket).mode & 0o777).toBe(0o700);
    expect(await leader()).toContain(":");
    first.kill("SIGKILL");
    await first.ended();
    expect(existsSync(socket)).toBe(true);
    const second = await rig.launch(["-dev", `-config-file=${config}`]);
    await second.says("agent running!");
    expect(await leader()).toContain(":");
    second.kill("SIGTERM");
    await second.ended();
    expect(existsSync(socket)).toBe(false);
  }));

test("a unix socket never replaces a file that is none", () =>
  withRig(async (rig) => {
    const file = rig.file("precious", "data");
    const agent = await rig.launch([
      "-dev",
      `-config-file=${rig.file("unix.json", { addresses: { http: `unix://${file}` } })}`,
    ]);
    expect(await agent.ended()).toBe(1);
    expect(await agent.output()).toContain(file);
    expect(readFileSync(file, "utf8")).toBe("data");
  }));

const hasOpenssl = Bun.which("openssl") !== null;

/** A certificate for 127.0.0.1 that signs itself. */
function certificate(rig: Rig): { cert: string; key: string } {
  const [cert, key] = [join(rig.dir, "cert.pem"), join(rig.dir, "key.pem")];
  const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=muster";
  const made = Bun.spawnSync(
    ["openssl", ...words.split(" "), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
    { stderr: "pipe" },
  );
  if (!made.success) throw new Error(made.stderr.toString());
  return { cert, key };
}

test.skipIf(!hasOpenssl)(
  hasOpenssl
    ? "HTTPS answers with its certificate, beside HTTP; plain HTTP on its port gets no answer"
    : "HTTPS answers with its certificate (not run: no openssl here)",
  () =>
    withRig(async (rig) => {
      const { cert, key } = certificate(rig);
      const [https = 0] = await freePorts(1);
      const config = rig.file("tls.json", { cert_file: cert, key_file: key });
      const agent = await rig.launch(["-dev", `-config-file=${config}`], { ports: { https } });
      await agent.says("agent running!");
      const url = `https://127.0.0.1:${https}/v1/status/leader`;
      const ca = readFileSync(cert, "utf8");
      await until(async () => (await (await fetch(url, { tls: { ca } })).text()).includes(":"), "a leader over HTTPS");
      const untrusting = await fetch(url).then(
        () => "answered",
        (error: { code: string }) => error.code,
      );
      expect(untrusting).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
      expect((await fetch(`http://127.0.0.1:${agent.ports.http}/v1/status/leader`)).status).toBe(200);
      expect(await plainAnswer(https)).not.toContain("200");
    }),
);

/** What comes back for plain HTTP until the other side closes. */
function plainAnswer(port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write("GET /v1/status/leader HTTP/1.1\r\nHost: x\r\n\r\n"));
    socket.on("data", (data) => {
      text += data.toString();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(text));
  });
}
