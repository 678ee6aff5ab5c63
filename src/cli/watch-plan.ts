import { parseGoBool } from "../lang/goflags.ts";
import { WatchParameters } from "../model/watch/parameters.ts";
import { type WatchQuestion, watchQuestion } from "../model/watch/question.ts";

/** What the flags of `watch` ask for; empty and absent mean "not given". */
export interface WatchFlags {
  readonly type: string;
  readonly key: string;
  readonly prefix: string;
  readonly service: string;
  readonly state: string;
  readonly name: string;
  readonly passingonly: string;
  readonly filter: string;
  readonly tag: readonly string[] | undefined;
}

/** Types that only an agent watches: it has the certificates, and its own services. */
const AGENT_ONLY_TYPES = new Set(["connect_roots", "connect_leaf", "agent_service"]);

const TEXTS = ["key", "prefix", "service", "state", "name", "filter"] as const;

/** The question that the flags of `watch` mean. Throws with Consul's text for what does not fit together. */
export function planWatch(flags: WatchFlags): WatchQuestion {
  const { type, passingonly, tag = [] } = flags;
  if (AGENT_ONLY_TYPES.has(type)) throw new Error(`Type ${type} is not supported in the CLI tool`);
  const given = TEXTS.map((name) => [name, flags[name]]).filter(([, text]) => text !== "");
  const parameters = new WatchParameters({
    ...Object.fromEntries(given),
    ...(passingonly === "" ? {} : { passingonly: readPassingOnly(passingonly) }),
    ...(tag.length === 0 ? {} : { tag }),
  });
  const question = watchQuestion(type, parameters);
  parameters.end();
  return question;
}

function readPassingOnly(word: string): boolean {
  const value = parseGoBool(word);
  if (value !== undefined) return value;
  const reason = `strconv.ParseBool: parsing ${JSON.stringify(word)}: invalid syntax`;
  throw new Error(`Failed to parse passingonly flag: ${reason}`);
}
