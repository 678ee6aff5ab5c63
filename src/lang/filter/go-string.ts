/** Go's `strconv.Quote`, `Unquote` and number parsing, as far as the filter language and its error texts need them. */

/** Bytes of `text` in UTF-8. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

const QUOTED: Record<string, string> = {
  '"': '\\"',
  "\\": "\\\\",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** `text` as Go's `%q` prints it. */
export function goQuote(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const known = QUOTED[char];
    if (known !== undefined) out += known;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (/[\p{L}\p{M}\p{N}\p{P}\p{S}]| /u.test(char)) out += char;
    else if (code < 0x10000) out += `\\u${code.toString(16).padStart(4, "0")}`;
    else out += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return `${out}"`;
}

const ESCAPE = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|)/y;
const SIMPLE: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92, '"': 34 };

/** The text of a Go string literal, quotes included; undefined where Go says `invalid syntax`. */
export function goUnquote(quoted: string): string | undefined {
  const body = quoted.slice(1, -1);
  if (quoted[0] === "`") return body.replaceAll("\r", "");
  if (body.includes("\n")) return undefined;
  if (!body.includes("\\")) return body;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 0; at < body.length; ) {
    if (body[at] !== "\\") {
      const stop = body.indexOf("\\", at);
      const end = stop === -1 ? body.length : stop;
      for (const byte of encoder.encode(body.slice(at, end))) bytes.push(byte);
      at = end;
      continue;
    }
    ESCAPE.lastIndex = at;
    const [all = "", simple, hex, octal, short, long] = ESCAPE.exec(body) ?? [];
    if (all.length < 2) return undefined;
    at += all.length;
    if (simple !== undefined) bytes.push(SIMPLE[simple] ?? 0);
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else {
      const code = Number.parseInt(short ?? long ?? "", 16);
      if (code > 0x10ffff || (long !== undefined && code >= 0xd800 && code < 0xe000)) return undefined;
      bytes.push(...encoder.encode(String.fromCodePoint(code)));
    }
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

const INTEGER = /^[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/;
const INT_MAX = 2n ** 63n;

/** A Go `int` from text in any base that a literal may have; throws an Error in `strconv`'s words. */
export function goParseInt(text: string): number {
  const fail = (why: string) => new Error(`strconv.ParseInt: parsing ${goQuote(text)}: ${why}`);
  if (!INTEGER.test(text)) throw fail("invalid syntax");
  const negative = text[0] === "-";
  const digits = text.replace(/^[+-]/, "").replaceAll("_", "");
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits);
  if (value > INT_MAX || (value === INT_MAX && !negative)) throw fail("value out of range");
  return Number(negative ? -value : value);
}

/** A Go bool from text; throws an Error in `strconv`'s words. */
export function goParseBool(text: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw new Error(`strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`);
}
