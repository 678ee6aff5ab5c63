const ESCAPE = /\\(?:([abfnrtv\\"'])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;
const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

/**
 * The text that the inside of an HCL string stands for, or undefined for an unknown escape. What is inside `${ }`
 * stays as written, because consumers of templates undo its escapes themselves.
 */
export function unquoteHcl(raw: string): string | undefined {
  if (!raw.includes("\\")) return raw;
  let out = "";
  let braces = 0;
  for (let at = 0; at < raw.length; ) {
    const char = raw[at] as string;
    if (braces === 0 && char === "$" && raw[at + 1] === "{") {
      braces = 1;
      out += "${";
      at += 2;
      continue;
    }
    if (char !== "\\" || braces > 0) {
      if (braces > 0 && char === "{") braces++;
      if (braces > 0 && char === "}") braces--;
      out += char;
      at++;
      continue;
    }
    ESCAPE.lastIndex = at;
    const found = ESCAPE.exec(raw);
    const plain = found === null ? undefined : meaning(found);
    if (plain === undefined) return undefined;
    out += plain;
    at = ESCAPE.lastIndex;
  }
  return out;
}

function meaning([, simple, hex, octal, short, long]: RegExpExecArray): string | undefined {
  if (simple !== undefined) return SIMPLE[simple];
  const code = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? "", 16) : Number.parseInt(octal, 8);
  return code > 0x10ffff ? undefined : String.fromCodePoint(code);
}
