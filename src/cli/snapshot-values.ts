/** How the values of records are shown: times and bytes as JSON has them, secrets not at all. */

const HIDDEN = "(hidden)";
/** Fields whose content lets its holder in, in tokens, authorities, ways to log in, queries and what agents sent. */
const SECRET_FIELD = /^(token|.*secret.*|.*password.*|private_?key|signing_?key|.*jwt)$/i;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

const KVS = 2;
const LEGACY_ACL = 4;
const TOMBSTONE = 5;
const TIME_FIELDS = new Set([
  "CreatedAt",
  "CreateTime",
  "ExpirationTime",
  "NotAfter",
  "NotBefore",
  "RotatedOutAt",
  "UpdatedAt",
]);

/** A record's value for JSON. */
export function shownRecord(type: number, data: unknown, options: { readonly withSecrets: boolean }): unknown {
  const shown = display(data, "", options.withSecrets);
  if (!isObject(shown)) return shown;
  if (type === KVS || type === TOMBSTONE) return { ...shown, Value: asBytes(shown.Value) };
  // The ID of these was the secret.
  if (type === LEGACY_ACL && !options.withSecrets) return { ...shown, ID: HIDDEN };
  const own = isObject(shown.Muster) ? shown.Muster : undefined;
  return own === undefined || options.withSecrets ? shown : { ...shown, Muster: shownRow(own) };
}

function display(value: unknown, field: string, withSecrets: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => display(item, field, withSecrets));
  if (value instanceof Uint8Array) return timeText(field, value) ?? value;
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, display(item, key, withSecrets)]));
  if (typeof value !== "string" || value === "") return value;
  if (!withSecrets && (SECRET_FIELD.test(field) || PRIVATE_KEY.test(value))) return HIDDEN;
  if (field === "Hash") return asBytes(value);
  return timeText(field, Buffer.from(value)) ?? value;
}

/** A row that only this program has: its cells stand beside the names of its columns. */
function shownRow(row: Readonly<Record<string, unknown>>): unknown {
  const { Columns, Row } = row;
  if (!Array.isArray(Columns) || !Array.isArray(Row)) return row;
  return { ...row, Row: Row.map((cell, at) => (SECRET_FIELD.test(String(Columns[at])) ? HIDDEN : cell)) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** A text that Go has as bytes, so that JSON has it in base64. */
const asBytes = (value: unknown) => (typeof value === "string" ? new TextEncoder().encode(value) : value);

const TIME_BYTES = 15;
const TIME_VERSION = 1;
/** Seconds from the year 1, with which Go counts, to 1970. */
const EPOCH_S = 62_135_596_800n;

/** The text of a time as Go writes it in 15 bytes: version, seconds, nanoseconds, minutes of the zone. */
function timeText(field: string, bytes: Uint8Array): string | undefined {
  if (!TIME_FIELDS.has(field) || bytes.length !== TIME_BYTES || bytes[0] !== TIME_VERSION) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const date = new Date(Number(view.getBigInt64(1) - EPOCH_S) * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  const nanos = String(view.getUint32(9)).padStart(9, "0").replace(/0+$/, "");
  return date.toISOString().replace(".000Z", nanos === "" ? "Z" : `.${nanos}Z`);
}
