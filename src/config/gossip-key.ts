const KEY_BYTES = [16, 24, 32];

/** Why a text is no key for the gossip, in Consul's words; undefined when it is one. */
export function gossipKeyProblem(key: string): string | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(key) || key.length % 4 !== 0) {
    const bad = key.search(/[^A-Za-z0-9+/]/);
    // Go counts whole groups of four, and names the place in the text otherwise.
    return `illegal base64 data at input byte ${bad === -1 ? key.length - (key.length % 4) : bad}`;
  }
  const bytes = Uint8Array.fromBase64(key).length;
  return KEY_BYTES.includes(bytes) ? undefined : "key size must be 16, 24 or 32 bytes";
}
