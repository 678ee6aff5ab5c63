const NAME_BYTES_MAX = 255;
const LABEL_BYTES_MAX = 63;
const DIGITS = /^[0-9]{3}$/;
const utf8 = new TextEncoder();
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII itself
const ASCII = /^[\x00-\x7f]*$/;

/**
 * Labels of a presentation-form name as bytes: `\.` and `\ddd` are unescaped, other characters are UTF-8. `undefined`
 * when the name cannot go on the wire: an empty label, a label over 63 bytes, or over 255 bytes in all.
 */
export function nameLabels(name: string): Uint8Array[] | undefined {
  if (name === "") return [];
  const labels: Uint8Array[] = [];
  let total = 1;
  for (const text of splitLabels(name)) {
    const label = unescapeLabel(text);
    total += label.length + 1;
    if (label.length === 0 || label.length > LABEL_BYTES_MAX || total > NAME_BYTES_MAX) return undefined;
    labels.push(label);
  }
  return labels;
}

/** Labels of a presentation-form name, still escaped; the root has none. */
export function splitLabels(name: string): string[] {
  if (name === "") return [];
  if (!name.includes("\\")) return name.split(".");
  const labels: string[] = [];
  let label = "";
  for (let i = 0; i < name.length; i++) {
    const char = name.charAt(i);
    if (char === "\\") {
      label += char + name.charAt(++i);
    } else if (char === ".") {
      labels.push(label);
      label = "";
    } else {
      label += char;
    }
  }
  labels.push(label);
  return labels;
}

/** True when the encoder may copy the characters of the name one by one: ASCII, no escapes, all lengths legal. */
export function isSimpleName(name: string): boolean {
  if (name.length > NAME_BYTES_MAX - 2) return false;
  let length = 0;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code === 0x2e) {
      if (length === 0) return false;
      length = 0;
    } else {
      if (code > 0x7f || code === 0x5c || ++length > LABEL_BYTES_MAX) return false;
    }
  }
  return length > 0 || name === "";
}

function unescapeLabel(text: string): Uint8Array {
  if (!text.includes("\\")) return ASCII.test(text) ? Buffer.from(text, "latin1") : utf8.encode(text);
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char !== "\\") {
      bytes.push(...utf8.encode(char));
    } else if (DIGITS.test(text.slice(i + 1, i + 4))) {
      bytes.push(Number(text.slice(i + 1, i + 4)) & 0xff);
      i += 3;
    } else {
      bytes.push(...utf8.encode(text.charAt(++i)));
    }
  }
  return Uint8Array.from(bytes);
}
