import { TIMINGS } from "../../src/gossip/timing.ts";
import { type Member, startMember } from "../support/gossip/member.ts";
import { silentLogger, silentMeter } from "../support/silent.ts";

// `bun test/bench/gossip-idle.ts [SECONDS]`: what members of a pool cost that have nothing to tell, on this machine: processor time
// and packets of each in a second, Consul's timing for a LAN, sealed. All are in this process. Prints, and asserts nothing.

const SIZES = [3, 50];
const POLL_MS = 50;
/** After the last join its news still goes round. */
const SETTLE_MS = 5000;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function measure(size: number, seconds: number): Promise<void> {
  const counted = new Map<string, number>();
  const count = (metric: string, n = 1) => void counted.set(metric, (counted.get(metric) ?? 0) + n);
  const members: Member[] = [];
  for (let at = 0; at < size; at++) {
    const address = `127.88.4.${at + 1}`;
    const options = { encryptKey: KEY, timing: TIMINGS.lan, log: silentLogger, meter: { ...silentMeter, count } };
    const member = await startMember(`n${at}`, address, options);
    const first = members[0];
    if (first !== undefined) await member.pool.join([first.pool.at]);
    members.push(member);
  }
  const knowAll = () => members.every(({ pool }) => pool.members().length === size);
  while (!knowAll()) await Bun.sleep(POLL_MS);
  await Bun.sleep(SETTLE_MS);
  counted.clear();
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  await Bun.sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  const memberSeconds = (size * (performance.now() - startMs)) / 1000;
  const each = (metric: string) => ((counted.get(metric) ?? 0) / memberSeconds).toFixed(1).padStart(8);
  const cpuMs = (user + system) / 1000 / memberSeconds;
  say(
    `${String(size).padStart(7)}  ${cpuMs.toFixed(2).padStart(8)}  ${each("gossip.packets.sent")}  ${each("memberlist.udp.sent")}  ${each("memberlist.tcp.connect")}`,
  );
  await Promise.all(members.map(({ pool }) => pool.close()));
}

const KEY = Buffer.alloc(16, 1).toString("base64");
const seconds = Number(process.argv[2] ?? 20);
say("members    ms CPU   packets     bytes   streams   (of each member in a second)");
for (const size of SIZES) await measure(size, seconds);
