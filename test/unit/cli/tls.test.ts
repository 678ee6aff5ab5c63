import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { makeAuthority, makeLeaf } from "../../../src/cli/certificates.ts";
import { runInProcess } from "../../support/cli/run-in-process.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const clock = new ManualClock();
const NOW_MS = clock.nowMs();
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

let dir: string;
let before: string;
beforeEach(() => {
  before = process.cwd();
  dir = mkdtempSync(join(tmpdir(), "tls-"));
  process.chdir(dir);
});
afterEach(() => {
  process.chdir(before);
  rmSync(dir, { recursive: true });
});

const tls = (line: string) => runInProcess(["tls", ...line.split(" ")], { clock });
const certificate = (file: string) => new X509Certificate(readFileSync(file));

describe("tls ca create", () => {
  test("writes an authority that signs itself; the key is its owner's alone", async () => {
    expect(await tls("ca create")).toEqual({
      exit: 0,
      stdout: "==> Saved consul-agent-ca.pem\n==> Saved consul-agent-ca-key.pem\n",
      stderr: "",
    });
    const ca = certificate("consul-agent-ca.pem");
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    expect(ca.checkPrivateKey(createPrivateKey(readFileSync("consul-agent-ca-key.pem")))).toBe(true);
    expect(ca.subject).toBe(`CN=Muster Agent CA ${BigInt(`0x${ca.serialNumber}`)}`);
    expect([ca.validFromDate.getTime(), ca.validToDate.getTime()]).toEqual([NOW_MS, NOW_MS + 1825 * DAY_MS]);
    expect(statSync("consul-agent-ca-key.pem").mode & 0o777).toBe(0o600);
    expect(readFileSync("consul-agent-ca-key.pem", "utf8")).toStartWith("-----BEGIN EC PRIVATE KEY-----\n");
  });

  test("touches no file that is there", async () => {
    writeFileSync("consul-agent-ca-key.pem", "mine");
    expect(await tls("ca create")).toEqual({
      exit: 1,
      stdout: "",
      stderr: "consul-agent-ca-key.pem already exists.\n",
    });
    expect(readdirSync(".")).toEqual(["consul-agent-ca-key.pem"]);
  });

  test("takes a name, a domain and a cluster of its own", async () => {
    await tls("ca create -domain=example -common-name=Ours -cluster-id=1234 -days=10");
    const ca = certificate("example-agent-ca.pem");
    expect(ca.subject).toBe("CN=Ours");
    expect(ca.subjectAltName).toBe("URI:spiffe://1234.example");
    expect(ca.validToDate.getTime()).toBe(NOW_MS + 10 * DAY_MS);
  });

  test("can be made to vouch for no other names", async () => {
    const long = "n".repeat(60);
    await tls(`ca create -name-constraint -additional-name-constraint=${long}.a -additional-name-constraint=${long}.b`);
    const text = readFileSync("consul-agent-ca.pem", "utf8").replace(/-----[^-]+-----|\n/g, "");
    const bytes = Buffer.from(text, "base64").toString("latin1");
    for (const name of [`${long}.a`, `${long}.b`, "consul", "localhost"])
      expect(bytes).toContain(`\x82${String.fromCharCode(name.length)}${name}`);
  });

  test.each([0, 36_501])("can't be made for %i days", async (days) => {
    expect((await tls(`ca create -days=${days}`)).stderr).toBe("-days must be from 1 to 36500\n");
  });
});

describe("tls cert create", () => {
  beforeEach(() => tls("ca create"));

  test("names the server of a datacenter, and its node", async () => {
    const { exit, stdout } = await tls(
      "cert create -server -dc=eu -node=n1 -additional-dnsname=a.example -additional-ipaddress=10.0.0.1",
    );
    expect(exit).toBe(0);
    expect(stdout).toStartWith("==> WARNING: Server Certificates grants authority to become a\n");
    expect(stdout).toEndWith(
      "==> Using consul-agent-ca.pem and consul-agent-ca-key.pem\n==> Saved eu-server-consul-0.pem\n==> Saved eu-server-consul-0-key.pem\n",
    );
    const leaf = certificate("eu-server-consul-0.pem");
    expect(leaf.subject).toBe("CN=server.eu.consul");
    expect(leaf.subjectAltName).toBe(
      "DNS:a.example, DNS:n1.server.eu.consul, DNS:server.eu.consul, DNS:localhost, IP Address:10.0.0.1, IP Address:127.0.0.1",
    );
    expect(leaf.keyUsage).toEqual([SERVER_AUTH, CLIENT_AUTH]);
    expect(leaf.ca).toBe(false);
    expect(leaf.validToDate.getTime()).toBe(NOW_MS + 365 * DAY_MS);
    const ca = certificate("consul-agent-ca.pem");
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(readFileSync("eu-server-consul-0-key.pem")))).toBe(true);
    expect(statSync("eu-server-consul-0-key.pem").mode & 0o777).toBe(0o600);
  });

  test("a client may be called, too; a command line is neither end", async () => {
    await tls("cert create -client");
    await tls("cert create -cli");
    const client = certificate("dc1-client-consul-0.pem");
    expect(client.keyUsage).toEqual([CLIENT_AUTH, SERVER_AUTH]);
    expect(client.subjectAltName).toBe("DNS:client.dc1.consul, DNS:localhost, IP Address:127.0.0.1");
    const cli = certificate("dc1-cli-consul-0.pem");
    expect(cli.keyUsage).toBeUndefined();
    expect(cli.subjectAltName).toBe("DNS:cli.dc1.consul, DNS:localhost");
  });

  test("takes the first number that neither file has", async () => {
    writeFileSync("dc1-client-consul-0-key.pem", "mine");
    await tls("cert create -client");
    expect((await tls("cert create -client")).stdout).toContain("==> Saved dc1-client-consul-2.pem\n");
    expect(readFileSync("dc1-client-consul-0-key.pem", "utf8")).toBe("mine");
  });

  test.each([
    ["cert create", "Please provide either -server, -client, or -cli"],
    ["cert create -server -client", "Please provide either -server, -client, or -cli"],
    ["cert create -client -node=x", "-node requires -server"],
    ["cert create -client -days=0", "-days must be from 1 to 36500"],
    ["cert create -client -additional-ipaddress=zz", "-additional-ipaddress: zz is not an IP address"],
    ["cert create -client -domain=no", "Error reading CA: open no-agent-ca.pem: no such file or directory"],
    ["cert create -client -key=no", "Error reading CA key: open no: no such file or directory"],
  ])("%s: %s", async (line, text) => {
    expect(await tls(line)).toEqual({ exit: 1, stdout: "", stderr: `${text}\n` });
  });

  test("a key of another authority signs nothing", async () => {
    await tls("ca create -domain=other");
    const { exit, stderr } = await tls("cert create -client -key=other-agent-ca-key.pem");
    expect([exit, stderr]).toEqual([
      1,
      "Error signing with consul-agent-ca.pem and other-agent-ca-key.pem: the authority's key does not belong to its certificate\n",
    ]);
    expect(readdirSync(".").filter((name) => name.includes("client"))).toEqual([]);
  });

  test("what is no certificate and no key is refused", async () => {
    writeFileSync("junk", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    for (const flags of ["-ca=junk", "-key=junk"]) {
      const { exit, stderr } = await tls(`cert create -client ${flags}`);
      expect([exit, stderr.split(":")[0]]).toEqual([1, expect.stringMatching(/^Error signing with /)]);
    }
  });
});

test("an authority of any bytes makes an error, not a crash", async () => {
  const wishes = { nowMs: NOW_MS, days: 1 };
  const good = await makeAuthority({ ...wishes, commonName: "", permittedNames: [], uri: "" });
  const leaf = { ...wishes, commonName: "x", dnsNames: ["x"], ipAddresses: [], usages: [] };
  const pem = (kind: string, bytes: Uint8Array) =>
    `-----BEGIN ${kind}-----\n${Buffer.from(bytes).toString("base64")}\n-----END ${kind}-----\n`;
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, ofKey) => {
      const authority = ofKey
        ? { ...good, key: pem("EC PRIVATE KEY", bytes) }
        : { ...good, certificate: pem("CERTIFICATE", bytes) };
      expect(await makeLeaf(leaf, authority).then(String, (error: unknown) => error)).toBeInstanceOf(Error);
    }),
    { numRuns: 100 },
  );
});
