import { join } from "node:path";
import type { Member } from "./member.ts";

const DNS_PORT = 8600;

/** The IPv4 addresses of a name by an agent's DNS, asked where the agent runs, in order; or the code of the failure. */
export async function addressesOf(of: Member, name: string, address = of.place.address): Promise<string> {
  const words = [process.execPath, join(import.meta.dir, "dns-child.ts"), `${address}:${DNS_PORT}`, name];
  const child = Bun.spawn([...of.place.wrapper, ...words], { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  return (await new Response(child.stdout).text()).trim();
}
