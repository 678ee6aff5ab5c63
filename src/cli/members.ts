import type { ParsedFlags } from "../lang/goflags.ts";
import { compileRegexp } from "../lang/re2/regexp.ts";
import { encodeGoJson } from "../lib/go-json.ts";
import { columnize } from "./columnize.ts";
import { type CommandContext, CommandFailure, errorText, orFail } from "./context.ts";
import type { MEMBERS_FLAGS } from "./table/agent.ts";

interface Member {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Tags: Readonly<Record<string, string>>;
  /** Serf's number; see STATUS_WORDS. */
  readonly Status: number;
}

const STATUS_WORDS = ["none", "alive", "leaving", "left", "failed"];
/** Consul's code for "no member matches", so that scripts can ask. */
const EXIT_NO_MEMBER = 2;

/** `members`: who is in the gossip pool and how they are. */
export async function run(context: CommandContext, { values }: ParsedFlags<typeof MEMBERS_FLAGS>): Promise<number> {
  const matches = statusMatcher(values.status);
  const query = { filter: values.filter || undefined, segment: values.segment, wan: values.wan ? "1" : undefined };
  const all = await orFail(
    "Error retrieving members",
    context.api.get<Member[] | null>("/v1/agent/members", { query }),
  );
  // A client is in no pool of all datacenters' servers.
  const members = (all ?? []).map(withSegmentWord).filter((member) => matches(statusWord(member)));
  // Servers, which are in every segment, come first.
  members.sort((a, b) => compare(a.Tags.segment ?? "", b.Tags.segment ?? "") || compare(a.Name, b.Name));
  if (members.length === 0) return EXIT_NO_MEMBER;
  if (values.format === "json") context.out.write(encodeGoJson(members, true));
  else context.print(columnize(values.detailed ? detailedRows(members) : plainRows(members)));
  return 0;
}

function statusMatcher(pattern: string): (word: string) => boolean {
  try {
    const regexp = compileRegexp(pattern);
    return (word) => regexp.test(word);
  } catch (error) {
    throw new CommandFailure(`Failed to compile status regexp: ${errorText(error)}`);
  }
}

/** A server is in every segment, a client without one in the default segment. */
function withSegmentWord(member: Member): Member {
  if (member.Tags.segment) return member;
  return { ...member, Tags: { ...member.Tags, segment: member.Tags.role === "consul" ? "<all>" : "<default>" } };
}

function statusWord(member: Member): string {
  return STATUS_WORDS[member.Status] ?? "unknown";
}

function plainRows(members: readonly Member[]): string[][] {
  return [
    ["Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Segment"],
    ...members.map((member) => [member.Name, address(member), statusWord(member), ...roleCells(member.Tags)]),
  ];
}

function roleCells(tags: Member["Tags"]): string[] {
  const type = { node: "client", consul: "server" }[tags.role ?? ""];
  if (type === undefined) return ["unknown", "", "", "", ""];
  // The build tag is `version:revision`.
  const build = (tags.build ?? "").split(":", 1)[0] ?? "";
  return [type, build, tags.vsn ?? "", tags.dc ?? "", tags.segment ?? ""];
}

function detailedRows(members: readonly Member[]): string[][] {
  return [
    ["Node", "Address", "Status", "Tags"],
    ...members.map((member) => [member.Name, address(member), statusWord(member), tagText(member.Tags)]),
  ];
}

function tagText(tags: Member["Tags"]): string {
  return Object.keys(tags)
    .sort()
    .map((name) => `${name}=${tags[name]}`)
    .join(",");
}

function address({ Addr, Port }: Member): string {
  return Addr.includes(":") ? `[${Addr}]:${Port}` : `${Addr}:${Port}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
