import { expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { runExecutable } from "../support/e2e/agent.ts";
import { read } from "./harness/ask.ts";
import { withRig } from "./harness/rig.ts";

test("a port in use, HTTP's or DNS's, ends the start with code 1 and the port", () =>
  withRig(async (rig) => {
    const tcp = createServer();
    await new Promise<void>((done) => tcp.listen(0, "127.0.0.1", done));
    const { port } = tcp.address() as { port: number };
    const http = await rig.launch(["-dev"], { ports: { http: port } });
    expect(await http.ended()).toBe(1);
    expect(await http.output()).toContain(`Failed to listen for HTTP on 127.0.0.1:${port}`);
    tcp.close();

    const udp = createSocket("udp4");
    await new Promise<void>((done) => udp.bind(0, "127.0.0.1", done));
    const dns = await rig.launch(["-dev"], { ports: { dns: udp.address().port } });
    expect(await dns.ended()).toBe(1);
    expect(await dns.output()).toContain(`127.0.0.1:${udp.address().port}`);
    udp.close();
  }));

const BAD: readonly (readonly [file: string, content: string, said: readonly string[]])[] = [
  ["unknown.json", '{"serverr": true}', ["unknown.json", "invalid config key serverr (did you mean server?)"]],
  ["type.json", '{"ports": {"http": "eighty"}}', ["type.json", "ports.http", "int"]],
  ["type.hcl", 'server = "maybe"', ["type.hcl", "server", "bool"]],
  ["choice.json", '{"log_level": "LOUD"}', ["LOUD", "TRACE", "INFO", "ERR"]],
  ["duration.hcl", 'raft_snapshot_interval = "5 parsecs"', ["raft_snapshot_interval", "5 parsecs"]],
  ["broken.json", '{"server": true', ["broken.json"]],
  ["broken.hcl", 'server = "tru', ["broken.hcl"]],
  [
    "mode.json",
    '{"addresses": {"http": "unix:///tmp/x.sock"}, "unix_sockets": {"mode": "rwx"}}',
    ["unix_sockets.mode", "rwx"],
  ],
];

test.each(BAD)("%s: the start ends with code 1 and says where, what, and what is allowed", (name, content, said) =>
  withRig(async (rig) => {
    const agent = await rig.launch(["-dev", `-config-file=${rig.file(name, content)}`]);
    expect(await agent.ended()).toBe(1);
    for (const words of said) expect(await agent.output()).toContain(words);
    // One clean message, not the stack of a crash.
    expect(await agent.output()).not.toMatch(/\n\s+at /);
  }),
);

test("-config-format reads a file of any name", () =>
  withRig(async (rig) => {
    const file = rig.file("agent.conf", 'node_name = "from-hcl"\n');
    const agent = await rig.dev(["-config-format=hcl", `-config-file=${file}`]);
    const self = await read<{ Config: { NodeName: string } }>(`${agent.url}/v1/agent/self`);
    expect(self.Config.NodeName).toBe("from-hcl");
    const wrong = await runExecutable(rig.dir, ["agent", "-dev", "-config-format=json", `-config-file=${file}`]);
    expect({ code: wrong.code, names: wrong.stderr.includes("agent.conf") }).toEqual({ code: 1, names: true });
  }));

test("with -log-json every line of the log is a JSON object with level, module, time and text", () =>
  withRig(async (rig) => {
    const agent = await rig.launch(["-dev", "-log-json"]);
    await agent.says("agent running!");
    agent.kill("SIGTERM");
    await agent.ended();
    const lines = (await agent.output()).split("\n").filter((line) => line.startsWith("{"));
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        "@level": expect.stringMatching(/^(trace|debug|info|warn|error)$/),
        "@module": expect.stringMatching(/^agent/),
        "@timestamp": expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        "@message": expect.any(String),
      });
    }
    expect(await agent.output()).not.toContain("[INFO]");
  }));
