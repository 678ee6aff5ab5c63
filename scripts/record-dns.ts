/**
 * Records how the real Consul answers the DNS cases: `CONSUL_BIN=... bun scripts/record-dns.ts`. Starts one agent for
 * each group on 127.0.0.1, seeds it, asks, and writes `test/fixtures/dns/recorded.json`.
 */
import { createSocket } from "node:dgram";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DnsCase, type DnsGroup, GROUPS } from "../test/support/dns/cases.ts";
import { REGISTRATIONS, registrationBody } from "../test/support/dns/catalog.ts";
import { type Observed, observe, queryOf } from "../test/support/dns/observe.ts";

const HTTP_PORT = 18520;
const DNS_PORT = 18620;
/** The port that the recorded SRV answers of the servers carry. */
const SERVER_PORT = 18323;
const OUTPUT = new URL("../test/fixtures/dns/recorded.json", import.meta.url);

const recorded: Record<string, Record<string, Observed>> = {};
for (const group of GROUPS) recorded[group.title] = await record(group);
await writeFile(OUTPUT, `${JSON.stringify(recorded, null, 1)}\n`);

async function record(group: DnsGroup): Promise<Record<string, Observed>> {
  const directory = await mkdtemp(join(tmpdir(), "record-dns-"));
  const config = {
    server: true,
    bootstrap_expect: 1,
    node_name: "n1",
    data_dir: join(directory, "data"),
    bind_addr: "127.0.0.1",
    ports: { http: HTTP_PORT, dns: DNS_PORT, serf_lan: 18321, serf_wan: 18322, server: SERVER_PORT, grpc: -1 },
    performance: { raft_multiplier: 1 },
    ...group.consul,
  };
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  const binary = process.env.CONSUL_BIN ?? "consul";
  const agent = Bun.spawn([binary, "agent", "-config-file", join(directory, "config.json")], { stdout: "ignore" });
  try {
    await seed();
    const answers: Record<string, Observed> = {};
    for (const one of group.cases) {
      const ask = one.transport === "tcp" ? askTcp : askUdp;
      answers[JSON.stringify(one)] = observe(await ask(one), one.part);
    }
    return answers;
  } finally {
    agent.kill("SIGKILL");
    await agent.exited;
    await rm(directory, { recursive: true });
  }
}

async function seed(): Promise<void> {
  const base = `http://127.0.0.1:${HTTP_PORT}/v1`;
  for (let ready = false; !ready; ) {
    const answer = await fetch(`${base}/catalog/service/consul`).catch(() => undefined);
    ready = answer?.ok === true && ((await answer.json()) as unknown[]).length > 0;
    if (!ready) await Bun.sleep(100);
  }
  for (const registration of REGISTRATIONS) {
    const body = JSON.stringify(registrationBody(registration));
    const answer = await fetch(`${base}/catalog/register`, { method: "PUT", body });
    if (!answer.ok) throw new Error(`${registration.Node}: ${await answer.text()}`);
  }
}

function askUdp(one: DnsCase): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("message", (bytes) => {
      socket.close();
      resolve(bytes);
    });
    socket.send(queryOf(one), DNS_PORT, "127.0.0.1");
  });
}

function askTcp(one: DnsCase): Promise<Buffer> {
  return new Promise((resolve) => {
    const query = queryOf(one);
    const socket = connect(DNS_PORT, "127.0.0.1");
    let all = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      all = Buffer.concat([all, bytes]);
      if (all.length < 2 || all.length < 2 + all.readUInt16BE(0)) return;
      socket.destroy();
      resolve(all.subarray(2));
    });
    socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query]));
  });
}
