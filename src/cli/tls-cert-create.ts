import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { ParsedFlags } from "../lang/goflags.ts";
import { checkDays } from "./certificate-days.ts";
import { type LeafWishes, makeLeaf } from "./certificates.ts";
import { type CommandContext, CommandFailure, orFail } from "./context.ts";
import { openErrorText } from "./http-settings.ts";
import { writeNewFile } from "./new-files.ts";
import type { TLS_CERT_FLAGS } from "./table/tls.ts";

type Values = ParsedFlags<typeof TLS_CERT_FLAGS>["values"];
/** In names of files, for what `-domain` says. */
const DOMAIN_WORD = "#DOMAIN#";

type Holder = "server" | "client" | "cli";

const SERVER_WARNING = [
  "==> WARNING: Server Certificates grants authority to become a",
  "    server and access all state in the cluster including root keys",
  "    and all ACL tokens. Do not distribute them to production hosts",
  "    that are not server nodes. Store them as securely as CA keys.",
];

/** `tls cert create`: a new certificate of an authority's, in two new files of the working directory. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof TLS_CERT_FLAGS>): Promise<number> {
  const holder = holderOf(values);
  const names = freeNames(`${values.dc}-${holder}-${values.domain}`);
  const [caFile, caKeyFile] = [values.ca, values.key].map((file) => file.replace(DOMAIN_WORD, values.domain)) as [
    string,
    string,
  ];
  const authority = { certificate: read(caFile, "CA"), key: read(caKeyFile, "CA key") };
  if (holder === "server") for (const line of SERVER_WARNING) context.print(line);
  context.print(`==> Using ${caFile} and ${caKeyFile}`);
  const { certificate, key } = await orFail(
    `Error signing with ${caFile} and ${caKeyFile}`,
    makeLeaf(wishesOf(values, holder, context.clock.nowMs()), authority),
  );
  writeNewFile(names.certificate, certificate, "public");
  context.print(`==> Saved ${names.certificate}`);
  writeNewFile(names.key, key, "private");
  context.print(`==> Saved ${names.key}`);
  return 0;
}

function holderOf(values: Values): Holder {
  const holders = (["server", "client", "cli"] as const).filter((name) => values[name]);
  const [holder] = holders;
  if (holder === undefined || holders.length > 1)
    throw new CommandFailure("Please provide either -server, -client, or -cli");
  if (values.node !== "" && holder !== "server") throw new CommandFailure("-node requires -server");
  checkDays(values.days);
  for (const address of values["additional-ipaddress"] ?? [])
    if (isIP(address) === 0) throw new CommandFailure(`-additional-ipaddress: ${address} is not an IP address`);
  return holder;
}

/** The names of the first number that neither file has yet. */
function freeNames(prefix: string): { certificate: string; key: string } {
  for (let number = 0; ; number++) {
    const names = { certificate: `${prefix}-${number}.pem`, key: `${prefix}-${number}-key.pem` };
    if (!existsSync(names.certificate) && !existsSync(names.key)) return names;
  }
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandFailure(`Error reading ${what}: ${openErrorText(file, error)}`);
  }
}

/** Servers and clients call each other, so both may be either end. */
function wishesOf(values: Values, holder: Holder, nowMs: number): LeafWishes {
  const commonName = `${holder}.${values.dc}.${values.domain}`;
  return {
    nowMs,
    days: values.days,
    commonName,
    dnsNames: [
      ...(values["additional-dnsname"] ?? []),
      ...(values.node === "" ? [] : [`${values.node}.${commonName}`]),
      commonName,
      "localhost",
    ],
    ipAddresses: [...(values["additional-ipaddress"] ?? []), ...(holder === "cli" ? [] : ["127.0.0.1"])],
    usages: { server: ["server", "client"], client: ["client", "server"], cli: [] }[holder] as LeafWishes["usages"],
  };
}
