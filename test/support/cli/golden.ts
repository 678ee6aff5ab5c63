/** The recorded life of a command: what it asked the agent, what it got, what it printed. */
export interface Exchange {
  readonly method: string;
  /** Path and query as they were on the wire. */
  readonly target: string;
  readonly body: string;
  readonly status: number;
  readonly index: string;
  readonly answer: string;
  /** How `answer` is written, for bodies that are no text. */
  readonly encoding?: "base64";
}

export interface Golden {
  readonly argv: readonly string[];
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly exchanges: readonly Exchange[];
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Help is ours in words, so only its place is compared. */
export function maskHelp(text: string): string {
  return text.replace(/^Usage:[\s\S]*/m, "Usage: …\n");
}

/** A target with its query sorted and decoded, so that two spellings of one request are equal. */
export function sameTarget(target: string): string {
  const url = new URL(target, "http://agent");
  const pairs = [...url.searchParams].map(([key, value]) => `${key}=${value}`).sort();
  return `${url.pathname}?${pairs.join("&")}`;
}

/** Consul lists what is under maintenance in the order of a map, which is another each time. */
export function sortMaintenance(argv: readonly string[], text: string): string {
  return argv[0] === "maint"
    ? text
        .split(/(?<=\n\n)/)
        .sort()
        .join("")
    : text;
}
