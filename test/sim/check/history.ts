import { checkHistory } from "../../support/linearizable/check.ts";
import { consulKv, type KvInput, type KvOperation, type KvOutput } from "../../support/linearizable/consul-kv.ts";
import type { Operation } from "../world/machine.ts";
import type { Answer } from "../world/server.ts";
import { must } from "./violation.ts";

/** Steps for one key; a run's history is short, and the other checks look at each answer by itself. */
const STEPS_MAX = 100_000;

interface Asked {
  client: string;
  operation: Operation;
  call: number;
  return: number | "unknown";
  answer: Answer;
}

/** What the clients saw: calls and answers in their order. Reads of the stale mode promise nothing together. */
export class History {
  readonly #asked = new Map<string, Asked>();
  #turn = 0;

  called(client: string, operation: Operation): void {
    if (operation.mode === "stale") return;
    const call = this.#turn++;
    this.#asked.set(operation.id, { client, operation, call, return: "unknown", answer: { outcome: "unknown" } });
  }

  answered(operation: Operation, answer: Answer): void {
    const asked = this.#asked.get(operation.id);
    if (asked === undefined) return;
    if (answer.outcome === "refused") this.#asked.delete(operation.id);
    if (answer.outcome !== "ok") return;
    asked.return = this.#turn++;
    asked.answer = answer;
  }

  check(): void {
    const operations = [...this.#asked.values()].flatMap(operationsOf);
    const verdict = checkHistory(operations, consulKv(operations), STEPS_MAX);
    must(verdict.outcome !== "violation", "linearizable", () => ("explanation" in verdict ? verdict.explanation : ""));
  }
}

/** One for each key that it touches. */
function operationsOf({ client, operation, call, return: end, answer }: Asked): KvOperation[] {
  const { kind, id, expected } = operation;
  const input: KvInput =
    kind === "get" ? { f: "get" } : kind === "cas" ? { f: "cas", value: id, index: expected } : { f: "put", value: id };
  let output: KvOutput | undefined;
  if (answer.outcome === "ok") output = kind === "get" ? (answer.version ?? null) : answer.isChanged;
  return operation.key.split(",").map((key) => ({ client, key, input, call, return: end, output }));
}
