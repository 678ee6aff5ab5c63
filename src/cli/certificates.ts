// The library below looks for it when it is loaded.
import "reflect-metadata";
import { createHash, createPrivateKey, KeyObject, randomBytes, webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const SERIAL_BYTES = 16;
const DAY_MS = 24 * 60 * 60 * 1000;
const NAME_CONSTRAINTS_OID = "2.5.29.30";

cryptoProvider.set(webcrypto as Crypto);

/** A certificate and its key, as PEM texts. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

interface Times {
  readonly nowMs: number;
  readonly days: number;
}

export interface AuthorityWishes extends Times {
  /** Made from the serial number when empty. */
  readonly commonName: string;
  /** DNS names that it may vouch for; all when empty. */
  readonly permittedNames: readonly string[];
  /** A URI of its own, or "". */
  readonly uri: string;
}

export interface LeafWishes extends Times {
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  /** What the key may be used for; anything when empty. */
  readonly usages: readonly ("server" | "client")[];
}

/** A new authority that signs its own certificate. */
export async function makeAuthority(wishes: AuthorityWishes): Promise<Issued> {
  const keys = await newKeys();
  const serial = newSerial();
  const commonName = wishes.commonName || `Muster Agent CA ${BigInt(`0x${serial}`)}`;
  const id = keyId(await spki(keys.publicKey));
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial,
    name: [{ CN: [commonName] }],
    ...period(wishes),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      new BasicConstraintsExtension(true, undefined, true),
      new SubjectKeyIdentifierExtension(id),
      new AuthorityKeyIdentifierExtension(id),
      ...(wishes.uri === "" ? [] : [new SubjectAlternativeNameExtension([{ type: "url", value: wishes.uri }])]),
      ...(wishes.permittedNames.length === 0 ? [] : [permittedOnly(wishes.permittedNames)]),
    ],
  });
  return issued(certificate, keys.privateKey);
}

/** A new key and its certificate, signed by an authority. Throws when the authority's texts are none or don't belong together. */
export async function makeLeaf(wishes: LeafWishes, authority: Issued): Promise<Issued> {
  const signer = new X509Certificate(authority.certificate);
  const signingKey = await readKey(authority.key);
  const signerId = signer.getExtension(SubjectKeyIdentifierExtension)?.keyId ?? keyId(signer.publicKey.rawData);
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: [{ CN: [wishes.commonName] }],
    issuer: signer.subjectName,
    ...period(wishes),
    signingAlgorithm: SIGNING,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      ...(wishes.usages.length === 0 ? [] : [new ExtendedKeyUsageExtension(wishes.usages.map((use) => USAGES[use]))]),
      new BasicConstraintsExtension(false, undefined, true),
      new SubjectKeyIdentifierExtension(keyId(await spki(keys.publicKey))),
      new AuthorityKeyIdentifierExtension(signerId),
      new SubjectAlternativeNameExtension([
        ...wishes.dnsNames.map((value) => ({ type: "dns", value }) as const),
        ...wishes.ipAddresses.map((value) => ({ type: "ip", value }) as const),
      ]),
    ],
  });
  if (!(await certificate.verify({ publicKey: signer, signatureOnly: true })))
    throw new Error("the authority's key does not belong to its certificate");
  return issued(certificate, keys.privateKey);
}

const USAGES = { server: ExtendedKeyUsage.serverAuth, client: ExtendedKeyUsage.clientAuth } as const;

const newKeys = () => webcrypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);

/** 127 random bits, so that the number is never negative. */
function newSerial(): string {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString("hex");
}

async function spki(key: CryptoKey): Promise<ArrayBuffer> {
  return await webcrypto.subtle.exportKey("spki", key);
}

/** As Consul makes it: SHA-256 of the whole public key. */
function keyId(publicKey: ArrayBuffer): string {
  return createHash("sha256").update(new Uint8Array(publicKey)).digest("hex");
}

function period({ nowMs, days }: Times): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs), notAfter: new Date(nowMs + days * DAY_MS) };
}

/** RFC 5280, 4.2.1.10, which the library has no extension for: a list of subtrees, each with a DNS name. */
function permittedOnly(names: readonly string[]): Extension {
  const subtrees = names.map((name) => der(SEQUENCE, der(DNS_NAME, Buffer.from(name))));
  return new Extension(NAME_CONSTRAINTS_OID, true, der(SEQUENCE, der(PERMITTED, Buffer.concat(subtrees))));
}

const SEQUENCE = 0x30;
const PERMITTED = 0xa0;
const DNS_NAME = 0x82;

/** A value in DER. Lengths below 128 are one byte, longer ones say first how many bytes they have. */
function der(tag: number, value: Buffer): Buffer {
  if (value.length < 128) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const hex = value.length.toString(16);
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, value]);
}

async function readKey(pem: string): Promise<CryptoKey> {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") throw new Error("the authority's key is not one of P-256");
  return await webcrypto.subtle.importKey("pkcs8", key.export({ format: "der", type: "pkcs8" }), CURVE, false, [
    "sign",
  ]);
}

function issued(certificate: X509Certificate, privateKey: CryptoKey): Issued {
  const key = KeyObject.from(privateKey).export({ format: "pem", type: "sec1" });
  return { certificate: `${certificate.toString("pem").trimEnd()}\n`, key: String(key) };
}
