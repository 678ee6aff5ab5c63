import { type Expression, HilError, type Operator, type Position } from "./ast.ts";

export type Value =
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "int" | "float"; readonly value: number };

/** What names stand for. Variables are texts, and functions take whole numbers and give a text. */
export interface Scope {
  readonly variables: Readonly<Record<string, string>>;
  readonly functions: Readonly<Record<string, (argument: number) => string>>;
}

/** The text of a template. Throws HilError with HIL's text where a name is unknown or a value does not fit. */
export function evaluateHil(template: Expression, scope: Scope): string {
  checkNames(template, scope);
  return asText(evaluate(template, scope));
}

/** All names are looked at before anything is evaluated. */
function checkNames(expression: Expression, scope: Scope): void {
  switch (expression.kind) {
    case "template":
      for (const part of expression.parts) checkNames(part, scope);
      return;
    case "math":
      checkNames(expression.left, scope);
      checkNames(expression.right, scope);
      return;
    case "index":
      checkNames(expression.key, scope);
      checkVariable(expression.name, expression.at, scope);
      return;
    case "variable":
      checkVariable(expression.name, expression.at, scope);
      return;
    case "call":
      for (const argument of expression.args) checkNames(argument, scope);
      checkCall(expression.name, expression.args.length, expression.at, scope);
      return;
    default:
  }
}

function checkVariable(name: string, at: Position, scope: Scope): void {
  if (!Object.hasOwn(scope.variables, name)) throw new HilError(`${where(at)}: unknown variable accessed: ${name}`);
}

function checkCall(name: string, count: number, at: Position, scope: Scope): void {
  if (!Object.hasOwn(scope.functions, name)) throw new HilError(`${where(at)}: unknown function called: ${name}`);
  if (count !== 1) throw new HilError(`${where(at)}: ${name}: expected 1 arguments, got ${count}`);
}

const where = ({ line, column }: Position): string => `${line}:${column}`;

function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case "int":
    case "float":
      return { type: expression.kind, value: expression.value };
    case "text":
      return { type: "string", value: expression.value };
    case "template":
      return { type: "string", value: expression.parts.map((part) => asText(evaluate(part, scope))).join("") };
    case "variable":
      return { type: "string", value: scope.variables[expression.name] ?? "" };
    case "index":
      throw misplaced(expression.at, "invalid index operation into non-indexable type: TypeString");
    case "call": {
      const [argument] = expression.args.map((arg) => asInt(evaluate(arg, scope)));
      return { type: "string", value: scope.functions[expression.name]?.(argument ?? 0) ?? "" };
    }
    case "math": {
      const [left, right] = [evaluate(expression.left, scope), evaluate(expression.right, scope)];
      const type = left.type === "string" ? right.type : left.type;
      if (type === "float" && expression.operator === "%")
        throw misplaced(expression.at, "modulo cannot be used with floats");
      return calculate(expression.operator, left, right, type);
    }
  }
}

function misplaced({ line, column }: Position, problem: string): HilError {
  return new HilError(`At column ${column}, line ${line}: ${problem}`);
}

/** The first number says in which kind is calculated, and texts become numbers of it. */
function calculate(operator: Operator, left: Value, right: Value, type: Value["type"]): Value {
  if (type === "float") return { type, value: floatResult(operator, asFloat(left), asFloat(right)) };
  return { type: "int", value: intResult(operator, asInt(left), asInt(right)) };
}

function intResult(operator: Operator, a: number, b: number): number {
  // Consul's server ends here, by the panic of a division.
  if (b === 0 && (operator === "/" || operator === "%")) throw new HilError("__builtin_IntMath: divide by zero");
  return Math.trunc(floatResult(operator, a, b));
}

function floatResult(operator: Operator, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return a % b;
  }
}

function asText({ value }: Value): string {
  return String(value);
}

function asFloat(value: Value): number {
  if (value.type !== "string") return value.value;
  const number = Number(value.value);
  if (value.value.trim() === "" || Number.isNaN(number)) throw unreadable("Float", value.value);
  return number;
}

function asInt(value: Value): number {
  if (value.type !== "string") return Math.trunc(value.value);
  if (!/^[+-]?(0x[0-9a-f]+|\d+)$/i.test(value.value)) throw unreadable("Int", value.value);
  return Number(value.value);
}

function unreadable(kind: "Int" | "Float", text: string): HilError {
  const parsing = `strconv.Parse${kind}: parsing ${JSON.stringify(text)}: invalid syntax`;
  return new HilError(`__builtin_StringTo${kind}: ${parsing}`);
}
