/** One command line of the golden tests. `{dir}` stands for a directory that holds `FILES`. */
export interface CliCase {
  readonly argv: readonly string[];
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What must be so on the server before: sent to it as is. `{session}` is the ID of the session made last. */
  readonly before?: readonly { readonly method: string; readonly target: string; readonly body?: string }[];
  /** Why ours may print something else than Consul; what it prints is then in `ours`. */
  readonly ours?: { readonly why: string; readonly exit: number; readonly stdout: string; readonly stderr: string };
}

export const FILES: Readonly<Record<string, string>> = {
  "value.txt": "from a file\n",
  "pairs.json": '[{"key":"imp/file","flags":18446744073709551615,"value":"aGk="}]',
  "web.hcl": 'service {\n  name = "web"\n  port = 80\n  tags = ["b", "a"]\n  meta { v = "1" }\n}\n',
  "two.json": '{"services":[{"name":"api","port":81,"id":"api-1"},{"name":"db","tags":["x"]}]}',
};

const words = (line: string): CliCase => ({ argv: line.split(" ") });

const kv: CliCase[] = [
  words("kv put a 1"),
  words("kv put"),
  words("kv put /lead x"),
  words("kv put a b c"),
  words("kv put -base64 b64 aGVsbG8="),
  {
    argv: ["kv", "put", "-base64", "b64", "!!!"],
    ours: {
      why: "Consul complains and then writes an empty value over the old one",
      exit: 1,
      stdout: "",
      stderr: "Error! Cannot base 64 decode data: illegal base64 data at input byte 0\n",
    },
  },
  words("kv put -cas a 2"),
  words("kv put -cas -modify-index=1 a 2"),
  words("kv put -acquire a"),
  words("kv put -release a"),
  words("kv put -session x a"),
  words("kv put -acquire -session deadbeef a 1"),
  words("kv put file @{dir}/value.txt"),
  words("kv put file @{dir}/missing"),
  { argv: ["kv", "put", "piped", "-"], stdin: "piped in" },
  words("kv put -flags=42 fl v"),
  words("kv put -flags=18446744073709551615 big v"),
  words("kv put empty"),
  { argv: ["kv", "put", "odd key/é%?#", "v&<>"] },
  words("kv get fl"),
  words("kv get nope"),
  words("kv get -detailed fl"),
  words("kv get -detailed big"),
  words("kv get -detailed empty"),
  words("kv get"),
  words("kv get a b"),
  words("kv get -keys"),
  words("kv get -keys nope"),
  words("kv get -recurse"),
  words("kv get -recurse nope"),
  words("kv get -base64 fl"),
  words("kv get -base64 -recurse"),
  words("kv get -detailed -recurse"),
  words("kv get -detailed -base64 fl"),
  words("kv get -keys -separator="),
  words("kv get -keys -separator=l"),
  words("kv get /fl"),
  words("kv get -stale -datacenter dc1 fl"),
  words("kv get -datacenter dc9 fl"),
  { argv: ["kv", "get", "odd key/é%?#"] },
  words("kv export"),
  words("kv export nope"),
  words("kv export big"),
  words("kv import"),
  words("kv import []"),
  words("kv import xx"),
  { argv: ["kv", "import", '[{"key":'] },
  { argv: ["kv", "import", '[{"key":"imp/1","flags":7,"value":"aGk="}]'] },
  { argv: ["kv", "import", '[{"key":"imp/2","flags":0,"value":"*"}]'] },
  { argv: ["kv", "import", "-"], stdin: '[{"key":"imp/3","flags":0,"value":""}]' },
  words("kv import @{dir}/pairs.json"),
  words("kv import a b"),
  words("kv delete"),
  words("kv delete a b"),
  words("kv delete nope"),
  words("kv delete -cas a"),
  words("kv delete -cas -modify-index=1 a"),
  words("kv delete -recurse -cas -modify-index 1 a"),
  words("kv delete /fl"),
  words("kv delete -recurse imp"),
  words("kv delete -recurse /"),
  {
    argv: ["kv", "put", "-acquire", "-session", "{session}", "lock", "v"],
    before: [{ method: "PUT", target: "/v1/session/create" }],
  },
  words("kv get -detailed lock"),
  words("kv put -release -session {session} lock v"),
  words("kv put -release -session {session} lock v"),
];

const usage: CliCase[] = [
  words("kv"),
  words("kv zzz"),
  words("kv get -zzz"),
  words("kv put -flags=-1 a b"),
  words("kv get -stale=foo x"),
  words("kv get -token-file {dir}/missing a"),
  words("kv get -http-addr ftp://x:80 a"),
  words("kv get -client-cert x a"),
  words("kv get -ca-file {dir}/missing a"),
  words("kv get -http-addr 127.0.0.1:1 a"),
  words("kv put -http-addr http://127.0.0.1:1 a"),
  words("kv delete -http-addr=unix://{dir}/no.sock a"),
];

/** By fixture file; the cases of a file run in order on one fresh server. */
export const CASES: Readonly<Record<string, readonly CliCase[]>> = { kv, usage };
