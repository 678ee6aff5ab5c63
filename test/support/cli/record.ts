/**
 * Records the golden files of the command line from a real Consul: `CONSUL_BIN=/usr/bin/consul bun test/support/cli/record.ts [file…]`.
 * Each file gets its own `-dev` agent on free ports of 127.0.0.1 and a proxy that writes down what goes over the wire.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FILES } from "./case-files.ts";
import { CASES, type CliCase, GOSSIP_KEY } from "./cases.ts";
import { startConsul } from "./consul-agent.ts";
import type { Exchange, Golden } from "./golden.ts";

const FIXTURES = join(import.meta.dir, "../../fixtures/cli");

const consul = process.env.CONSUL_BIN;
if (!consul) throw new Error("set CONSUL_BIN to the consul executable to record from");
const wanted = process.argv.slice(2);
for (const [file, cases] of Object.entries(CASES)) {
  if (wanted.length > 0 && !wanted.includes(file)) continue;
  const goldens = await recordFile(consul, cases, file === "keyring" ? ["-encrypt", GOSSIP_KEY] : []);
  writeFileSync(join(FIXTURES, `${file}.json`), `${JSON.stringify(goldens, null, 1)}\n`);
  process.stdout.write(`${file}: ${goldens.length} cases\n`);
}

async function recordFile(consul: string, cases: readonly CliCase[], more: readonly string[]): Promise<Golden[]> {
  const dir = mkdtempSync(join(tmpdir(), "golden-"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(dir, name), text);
  const agent = await startConsul(consul, more);
  const proxy = startProxy(agent.address);
  const goldens: Golden[] = [];
  let session = "";
  try {
    for (const one of cases) {
      for (const step of one.before ?? []) {
        const response = await fetch(`http://${agent.address}${step.target}`, {
          method: step.method,
          ...(step.body ? { body: step.body } : {}),
        });
        const text = await response.text();
        if (step.target.endsWith("/session/create")) session = (JSON.parse(text) as { ID: string }).ID;
      }
      const argv = one.argv.map((word) => word.replaceAll("{session}", session));
      goldens.push(await recordOne(consul, { ...one, argv }, proxy, dir));
    }
  } finally {
    await proxy.stop();
    await agent.stop();
    rmSync(dir, { recursive: true });
  }
  return goldens;
}

async function recordOne(consul: string, one: CliCase, proxy: Proxy, dir: string): Promise<Golden> {
  proxy.exchanges.length = 0;
  const child = Bun.spawn([consul, ...one.argv.map((word) => word.replaceAll("{dir}", dir))], {
    env: { PATH: process.env.PATH ?? "", SHELL: "/bin/sh", CONSUL_HTTP_ADDR: proxy.address, ...one.env },
    stdin: Buffer.from(one.stdin ?? ""),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const hide = (text: string) => text.replaceAll(dir, "{dir}").replaceAll(encodeURIComponent(dir), "{escaped-dir}");
  return {
    argv: one.argv,
    ...(one.stdin === undefined ? {} : { stdin: one.stdin }),
    ...(one.env === undefined ? {} : { env: one.env }),
    exchanges: [...proxy.exchanges],
    exit,
    stdout: hide(stdout),
    stderr: hide(stderr),
  };
}

interface Proxy {
  readonly address: string;
  readonly exchanges: Exchange[];
  stop(): Promise<void>;
}

function startProxy(upstream: string): Proxy {
  const exchanges: Exchange[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const target = request.url.slice(new URL(request.url).origin.length);
      const body = Buffer.from(await request.arrayBuffer());
      const headers = new Headers(request.headers);
      headers.set("accept-encoding", "identity");
      const init = { method: request.method, headers, ...(body.length > 0 ? { body } : {}) };
      const response = await fetch(`http://${upstream}${target}`, init);
      const answer = Buffer.from(await response.arrayBuffer());
      exchanges.push({
        method: request.method,
        target,
        body: body.toString("utf8"),
        status: response.status,
        index: response.headers.get("X-Consul-Index") ?? "",
        ...printable(target, answer),
      });
      return new Response(answer, { status: response.status, headers: response.headers });
    },
  });
  return { address: `127.0.0.1:${server.port}`, exchanges, stop: () => server.stop(true) };
}

/** The agent's own configuration dump is long and no command reads it. */
function printable(target: string, answer: Buffer): Pick<Exchange, "answer" | "encoding"> {
  if (target === "/v1/agent/self") {
    const { DebugConfig: _, ...rest } = JSON.parse(answer.toString("utf8")) as Record<string, unknown>;
    return { answer: JSON.stringify(rest) };
  }
  const text = answer.toString("utf8");
  return Buffer.from(text, "utf8").equals(answer)
    ? { answer: text }
    : { answer: answer.toString("base64"), encoding: "base64" };
}
