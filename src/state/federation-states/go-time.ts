/**
 * Go's time.Time as it marshals itself: a byte for the version, seconds since the year 1, nanoseconds, and the offset of the zone
 * in minutes, -1 for UTC.
 */
const VERSION = 1;
const BYTES = 15;
const UTC = -1;
const SECONDS_TO_1970 = 62_135_596_800n;
const MS_PER_S = 1000;
const NS_DIGITS = 9;
/** What a time of nobody's is. */
const ZERO = "0001-01-01T00:00:00Z";
/** The years that RFC 3339 can say. */
const SECONDS_MIN = -SECONDS_TO_1970;
const SECONDS_MAX = 253_402_300_799n;

/** RFC 3339 in UTC. What is no time is that of nobody. */
export function timeOf(bytes: Uint8Array | null): string {
  if (bytes === null || bytes.length !== BYTES || bytes[0] !== VERSION) return ZERO;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const seconds = view.getBigInt64(1) - SECONDS_TO_1970;
  if (seconds < SECONDS_MIN || seconds > SECONDS_MAX) return ZERO;
  const fraction = String(view.getUint32(9)).padStart(NS_DIGITS, "0").replace(/0+$/, "");
  const whole = new Date(Number(seconds) * MS_PER_S).toISOString().slice(0, -".000Z".length);
  return `${whole}${fraction === "" ? "" : `.${fraction}`}Z`;
}

/** The bytes of an RFC 3339 time in UTC. */
export function timeBytes(text: string): Uint8Array {
  const [, whole = "", fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(text) ?? [];
  const ms = Date.parse(`${whole}Z`);
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  if (!Number.isNaN(ms)) {
    view.setBigInt64(1, BigInt(ms / MS_PER_S) + SECONDS_TO_1970);
    view.setUint32(9, Number(fraction.slice(0, NS_DIGITS).padEnd(NS_DIGITS, "0")));
  }
  view.setInt16(13, UTC);
  return bytes;
}
