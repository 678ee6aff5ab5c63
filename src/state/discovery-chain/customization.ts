import type { ChainOverrides } from "../../model/discovery-chain.ts";

/**
 * The hash that tells chains with different overrides apart, as Consul makes it (mitchellh/hashstructure: FNV-1 of the names and
 * values of a struct's fields), because proxies build names of it. 8 hexadecimal digits, mostly.
 */
export function customizationHash({ connectTimeoutNs, protocol, meshGatewayMode }: ChainOverrides): string {
  const gateway = structHash("MeshGatewayConfig", [["Mode", textHash(meshGatewayMode)]]);
  const hash = structHash("", [
    ["OverrideMeshGateway", gateway],
    ["OverrideProtocol", textHash(protocol)],
    ["OverrideConnectTimeout", fnv1(words(BigInt(connectTimeoutNs)))],
  ]);
  return hash.toString(16).slice(0, HASH_DIGITS);
}

const HASH_DIGITS = 8;
const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const WORD_BYTES = 8;

function structHash(name: string, fields: readonly (readonly [string, bigint])[]): bigint {
  return fields.reduce((hash, [field, value]) => hash ^ fnv1(words(textHash(field), value)), textHash(name));
}

function textHash(text: string): bigint {
  return fnv1(new TextEncoder().encode(text));
}

function fnv1(bytes: Uint8Array): bigint {
  let hash = OFFSET;
  for (const byte of bytes) hash = BigInt.asUintN(64, hash * PRIME) ^ BigInt(byte);
  return hash;
}

function words(...values: bigint[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(WORD_BYTES * values.length));
  for (const [at, value] of values.entries()) view.setBigUint64(at * WORD_BYTES, BigInt.asUintN(64, value), true);
  return new Uint8Array(view.buffer);
}
