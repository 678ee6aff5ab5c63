export interface Args {
  readonly record: boolean;
  /** Area names or exchange ids; empty means all. */
  readonly only: readonly string[];
  /** Binary to replay against, without the list of accepted differences. */
  readonly against: string | undefined;
  readonly cliFromConsul: boolean;
  /** Ask a client agent of a server, instead of a server. */
  readonly throughClient: boolean;
}

export const USAGE = `usage: bun test/conformance/run.ts [--record] [--only <area|id>]... [--against <binary>] [--cli-from-consul]
                                       [--through-client]

  (none)             replay the recording against MUSTER_BIN (default dist/muster)
  --record           ask the real Consul in CONSUL_BIN twice and store its answers
  --only             only this area, or the area of this exchange (with a report of the exchange alone)
  --against          replay against another binary; every difference fails
  --cli-from-consul  the command line of CONSUL_BIN drives our server
  --through-client   ask a client agent, whose server answers; with --record keep what a real one answers otherwise
`;

/** Reads the arguments. Throws an Error with the usage for anything unknown. */
export function parseArgs(argv: readonly string[]): Args {
  const only: string[] = [];
  let [record, cliFromConsul, throughClient] = [false, false, false];
  let against: string | undefined;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at];
    const value = argv[at + 1];
    if (word === "--record") record = true;
    else if (word === "--cli-from-consul") cliFromConsul = true;
    else if (word === "--through-client") throughClient = true;
    else if (word === "--only" && value !== undefined) only.push(argv[++at] ?? "");
    else if (word === "--against" && value !== undefined) against = argv[++at];
    else throw new Error(`what is ${word}?\n${USAGE}`);
  }
  return { record, only, against, cliFromConsul, throughClient };
}
