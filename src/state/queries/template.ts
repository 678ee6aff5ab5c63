import { type Expression, HilError } from "../../lang/hil/ast.ts";
import { evaluateHil, type Scope } from "../../lang/hil/evaluate.ts";
import { parseHil } from "../../lang/hil/parse.ts";
import { RegexpSyntaxError } from "../../lang/re2/ast.ts";
import { compileRegexp, type Regexp } from "../../lang/re2/regexp.ts";
import { Refusal } from "../../lib/refusal.ts";
import type { PreparedQuery, QueryDefinition } from "../../model/prepared-query.ts";

/** What a template may ask of who asks. */
export interface AskedBy {
  /** Network segment of the agent; always "" here. */
  readonly segment: string;
}

const NAME_PREFIX_MATCH = "name_prefix_match";

/**
 * Refuses a template that can't be read, or that can't be filled in with its own name: the least that it is executed
 * with. Errors are found when it is written, so that they do not wait for a question.
 */
export function checkTemplate(query: QueryDefinition): void {
  try {
    render(query, query.Name, { segment: "" });
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(`failed compiling template: ${error.message}`);
    throw error;
  }
}

/** The query that a template is for a name. Throws a Refusal where what it was filled in with does not fit. */
export function renderTemplate(query: PreparedQuery, name: string, by: AskedBy): PreparedQuery {
  return render(query, name, by);
}

function render<Q extends QueryDefinition>(query: Q, name: string, by: AskedBy): Q {
  const { Template, Service } = query;
  if (Template.Type !== NAME_PREFIX_MATCH) throw new Refusal(`Bad Template.Type '${Template.Type}'`);
  const compiled = compile(Service, Template.Regexp);
  const matches = compiled.regexp === undefined ? [] : groupsOf(compiled.regexp, name);
  const scope: Scope = {
    variables: {
      "name.full": name,
      "name.prefix": query.Name,
      "name.suffix": name.startsWith(query.Name) ? name.slice(query.Name.length) : name,
      "agent.segment": by.segment,
    },
    functions: { match: (group) => matches[group] ?? "" },
  };
  const filled = mapTexts(Service, (text, path) => {
    const expression = compiled.texts.get(path);
    if (expression === undefined) return text;
    return inWords(`Bad evaluation for '${text}' in Service${path}`, () => evaluateHil(expression, scope));
  });
  const Tags = Template.RemoveEmptyTags ? (filled.Tags ?? []).filter((tag) => tag !== "") : filled.Tags;
  return { ...query, Service: { ...filled, Tags } };
}

interface Compiled {
  readonly texts: ReadonlyMap<string, Expression>;
  readonly regexp: Regexp | undefined;
}

function compile(service: QueryDefinition["Service"], pattern: string): Compiled {
  const texts = new Map<string, Expression>();
  mapTexts(service, (text, path) => {
    // A text without any of it stands for itself.
    if (!text.includes("$")) return text;
    texts.set(
      path,
      inWords(`Bad format '${text}' in Service${path}`, () => parseHil(text)),
    );
    return text;
  });
  return { texts, regexp: pattern === "" ? undefined : regexpOf(pattern) };
}

function regexpOf(pattern: string): Regexp {
  try {
    return compileRegexp(pattern);
  } catch (error) {
    if (error instanceof RegexpSyntaxError) throw new Refusal(`Bad Regexp: ${error.message}`);
    throw error;
  }
}

function groupsOf(regexp: Regexp, name: string): string[] {
  const slots = regexp.exec(name) ?? [];
  return Array.from({ length: slots.length / 2 }, (_, group) => {
    const [from = -1, to = -1] = slots.slice(2 * group, 2 * group + 2);
    return from < 0 ? "" : name.slice(from, to);
  });
}

function inWords<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof HilError) throw new Refusal(`${prefix}: ${error.message}`);
    throw error;
  }
}

/** A copy with each text replaced, inside lists and the values of maps, too; paths as in `.Failover.Datacenters[0]`. */
function mapTexts<T>(value: T, change: (text: string, path: string) => string, path = ""): T {
  return mapped(value, change, path) as T;
}

function mapped(value: unknown, change: (text: string, path: string) => string, path: string): unknown {
  if (typeof value === "string") return change(value, path);
  if (Array.isArray(value)) return value.map((item, at) => mapped(item, change, `${path}[${at}]`));
  if (typeof value !== "object" || value === null) return value;
  const isMap = path === ".NodeMeta" || path === ".ServiceMeta";
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      mapped(item, change, isMap ? `${path}[${key}]` : `${path}.${key}`),
    ]),
  );
}
