import { Resolver } from "node:dns/promises";

// Started in the network of an agent: `dns-child.ts SERVER NAME` prints the IPv4 addresses, or the code of the failure.

const [server = "", name = ""] = process.argv.slice(2);
const resolver = new Resolver({ timeout: 3000, tries: 1 });
resolver.setServers([server]);
const found = await resolver.resolve4(name).catch((error: unknown) => [(error as { code: string }).code]);
process.stdout.write(`${found.sort().join(" ")}\n`);
