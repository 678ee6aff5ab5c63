/** Runs address templates: the functions of go-sockaddr, as observed with Consul 1.8.7, on the machine's addresses. */
import { RegexpSyntaxError } from "../../lang/re2/ast.ts";
import type { InterfaceAddress } from "../addresses.ts";
import { calculate } from "./arithmetic.ts";
import { attributeOf } from "./attributes.ts";
import { filterOf } from "./filters.ts";
import { isPrivate } from "./networks.ts";
import { defaultInterface, sortBy } from "./order.ts";
import { type Call, type Operand, type Pipeline, parseTemplate, TemplateError } from "./parse.ts";

type Found = readonly InterfaceAddress[];
type Value = string | number | Found;

/** The text that a template stands for; a list that is not printed otherwise gives its addresses. Throws TemplateError. */
export function runTemplate(text: string, machine: Found): string {
  return parseTemplate(text)
    .map((part) => ("text" in part ? part.text : printed(runPipeline(part.pipeline, machine))))
    .join("");
}

function printed(value: Value): string {
  return typeof value === "object" ? value.map((each) => each.address).join(" ") : String(value);
}

function runPipeline(pipeline: Pipeline, machine: Found): Value {
  let value: Value | undefined;
  for (const call of pipeline) value = runCall(call, value, machine);
  if (value === undefined) throw new TemplateError("missing value for command");
  return value;
}

function runCall(call: Call, piped: Value | undefined, machine: Found): Value {
  const [head, ...rest] = call;
  if (head === undefined) throw new TemplateError("missing value for command");
  if (head.kind !== "word" || head.text === ".") {
    if (rest.length > 0 || piped !== undefined) throw new TemplateError("can't give argument to non-function");
    return operandValue(head, machine);
  }
  const given = rest.map((operand) => operandValue(operand, machine));
  const args = piped === undefined ? given : [...given, piped];
  try {
    return callFunction(head.text, args, machine);
  } catch (error) {
    if (error instanceof TemplateError || error instanceof RegexpSyntaxError)
      throw new TemplateError(`${head.text}: ${error.message}`);
    throw error;
  }
}

function operandValue(operand: Operand, machine: Found): Value {
  if (operand.kind === "pipeline") return runPipeline(operand.pipeline, machine);
  if (operand.kind === "number") return operand.value;
  if (operand.kind === "string") return operand.text;
  if (operand.text === ".") return machine;
  return callFunction(operand.text, [], machine);
}

type Kind = "text" | "count" | "list";
interface Fn {
  readonly takes: readonly Kind[];
  run(args: Args, machine: Found): Value;
}
/** Arguments by kind and place; a call is only run when they fit. */
interface Args {
  text(at: number): string;
  count(at: number): number;
  list(at: number): Found;
}

const source = (find: (machine: Found) => Value): Fn => ({ takes: [], run: (_args, machine) => find(machine) });
const filter = (keeps: boolean): Fn => ({
  takes: ["text", "text", "list"],
  run(args) {
    const test = filterOf(args.text(0), args.text(1));
    return args.list(2).filter((each) => test(each) === keeps);
  },
});

const ATTR: Fn = {
  takes: ["text", "list"],
  run(args) {
    const [first] = args.list(1);
    return first === undefined ? "" : attribute(args.text(0), first);
  },
};

const FUNCTIONS: Readonly<Record<string, Fn>> = {
  Attr: ATTR,
  attr: ATTR,
  exclude: filter(false),
  GetAllInterfaces: source((machine) => machine),
  GetDefaultInterfaces: source((machine) => {
    const name = defaultInterface(machine);
    return machine.filter((each) => each.interface === name);
  }),
  GetInterfaceIP: {
    takes: ["text"],
    run: (args, machine) => firstOf(forwardable(ofInterface(args.text(0), machine))),
  },
  GetInterfaceIPs: { takes: ["text"], run: (args, machine) => listed(ofInterface(args.text(0), machine)) },
  GetPrivateInterfaces: source((machine) => usable(machine).filter((each) => isPrivate(each.address))),
  GetPrivateIP: source((machine) => firstOf(usable(machine).filter((each) => isPrivate(each.address)))),
  GetPrivateIPs: source((machine) =>
    listed(sorted("type,size", forwardable(machine), machine).filter((each) => isPrivate(each.address))),
  ),
  GetPublicInterfaces: source((machine) => usable(machine).filter((each) => !isPrivate(each.address))),
  GetPublicIP: source((machine) => firstOf(usable(machine).filter((each) => !isPrivate(each.address)))),
  GetPublicIPs: source((machine) =>
    listed(sorted("type,size", machine, machine).filter((each) => !isPrivate(each.address))),
  ),
  include: filter(true),
  join: {
    takes: ["text", "text", "list"],
    run: (args) =>
      args
        .list(2)
        .map((each) => attribute(args.text(0), each))
        .join(args.text(1)),
  },
  limit: {
    takes: ["count", "list"],
    run(args) {
      if (args.count(0) < 0) throw new TemplateError("expected unsigned integer");
      return args.list(1).slice(0, args.count(0));
    },
  },
  math: {
    takes: ["text", "text", "list"],
    run: (args) => args.list(2).map((each) => calculate(args.text(0), args.text(1), each)),
  },
  offset: {
    takes: ["count", "list"],
    run(args) {
      const [count, list] = [args.count(0), args.list(1)];
      if (Math.abs(count) > list.length)
        throw new TemplateError(`offset ${count} is past the end of ${list.length} addresses`);
      return list.slice(count);
    },
  },
  sort: { takes: ["text", "list"], run: (args, machine) => sorted(args.text(0), args.list(1), machine) },
  unique: { takes: ["text", "list"], run: (args) => unique(args.text(0), args.list(1)) },
};

const KIND_WORDS: Readonly<Record<Kind, string>> = { text: "a string", count: "an integer", list: "addresses" };

function callFunction(name: string, values: readonly Value[], machine: Found): Value {
  const fn = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (fn === undefined) throw new TemplateError(`function ${JSON.stringify(name)} not defined`);
  const { takes } = fn;
  if (values.length !== takes.length)
    throw new TemplateError(`wrong number of args for ${name}: want ${takes.length} got ${values.length}`);
  const at = <T extends Value>(place: number, kind: Kind, fits: (value: Value | undefined) => value is T): T => {
    const value = values[place];
    if (!fits(value)) throw new TemplateError(`argument ${place + 1} must be ${KIND_WORDS[kind]}`);
    return value;
  };
  const args: Args = {
    text: (place) => at(place, "text", (value) => typeof value === "string"),
    count: (place) => at(place, "count", (value) => typeof value === "number"),
    list: (place) => at(place, "list", (value) => typeof value === "object"),
  };
  return fn.run(args, machine);
}

function attribute(name: string, each: InterfaceAddress): string {
  const value = attributeOf(name, each);
  if (value === undefined) throw new TemplateError(`unsupported attribute name ${JSON.stringify(name)}`);
  return value;
}

function sorted(clauses: string, list: Found, machine: Found): Found {
  const order = sortBy(clauses, list, machine);
  if ("unknown" in order) throw new TemplateError(`unknown sort type: ${JSON.stringify(order.unknown)}`);
  return order.sorted;
}

/** Not of this host or link alone. */
const forwardable = (list: Found): Found => list.filter(filterOf("flag", "forwardable"));

/** What others can be told of: up, and the default interface first. */
function usable(machine: Found): Found {
  const up = machine.filter((each) => each.up);
  return sorted("default,type,size", forwardable(up), machine);
}

/** The name is a regular expression, and the larger networks come first. */
function ofInterface(pattern: string, machine: Found): Found {
  return sorted("type,size", machine.filter(filterOf("name", pattern)), machine);
}

const firstOf = (list: Found): string => list[0]?.address ?? "";
const listed = (list: Found): string => list.map((each) => each.address).join(" ");

/** Neighbours that are alike become one, as in go-sockaddr: sort before. */
function unique(by: string, list: Found): Found {
  if (by !== "address" && by !== "name") throw new TemplateError(`unsupported unique constraint ${JSON.stringify(by)}`);
  return list.filter((each, at) => at === 0 || attribute(by, list[at - 1] as InterfaceAddress) !== attribute(by, each));
}
