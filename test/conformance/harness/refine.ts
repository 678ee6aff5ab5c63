import { at } from "./json.ts";
import type { Answer, Json, Refinement } from "./types.ts";

/** Sorts the array at `path` of the JSON body; for arrays whose order Consul leaves open. */
export function sorted(path: string): Refinement {
  return onJson((json) => {
    const list = at(json, path);
    if (Array.isArray(list)) list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return json;
  });
}

/** Sorts every array in the JSON body that holds only texts. */
export function sortedTexts(): Refinement {
  const visit = (value: Json): Json => {
    if (Array.isArray(value)) {
      const items = value.map(visit);
      return items.every((item) => typeof item === "string") ? items.sort() : items;
    }
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item)]));
  };
  return onJson(visit);
}

/** Keeps only these keys of the JSON object. */
export function pick(...keys: readonly string[]): Refinement {
  return onJson((json) => {
    const kept: { [key: string]: Json } = {};
    for (const key of keys) kept[key] = at(json, key) ?? "<absent>";
    return kept;
  });
}

/** Replaces every leaf of the JSON body by the name of its type. */
export function shape(): Refinement {
  const visit = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(visit);
    if (value === null) return null;
    if (typeof value !== "object") return `<${typeof value}>`;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item)]));
  };
  return onJson(visit);
}

/** Every index becomes `<index>`: for answers whose index moves by the server's own doings. */
export function anyIndex(answer: Answer): Answer {
  return JSON.parse(JSON.stringify(answer).replace(/<index\d+>|<start>/g, "<index>")) as Answer;
}

/** DNS: each section becomes the number of its records by type, for answers that are a random choice. */
export function counts(answer: Answer): Answer {
  if (answer.kind !== "dns") return answer;
  const count = (lines: readonly string[]) => {
    const byType = Map.groupBy(lines, (line) => line.split(" ")[2] ?? "");
    return [...byType].map(([type, records]) => `${records.length} ${type}`).sort();
  };
  return {
    ...answer,
    answer: count(answer.answer),
    authority: count(answer.authority),
    additional: count(answer.additional),
  };
}

/** Command line: runs of blanks become one, for columns whose width hangs on what was normalised. */
export function oneBlank(answer: Answer): Answer {
  return onOutput((text) => text.replace(/[ \t]+/g, " ").replace(/ $/gm, ""))(answer);
}

/**
 * Command line: only the names of the flags in a help text, sorted; its prose is each program's own. No help that is
 * recorded has -format, which Muster has for every table.
 */
export function flagsOnly(answer: Answer): Answer {
  return flagsBut("-format")(answer);
}

/** Command line: the flags of a help text but for these. */
export function flagsBut(...additional: readonly string[]): Refinement {
  return onOutput((text) => {
    const flags = [...text.matchAll(/^\s+-([a-z][a-z0-9-]*)\b/gm)].map((match) => `-${match[1]}`);
    return [...new Set(flags)]
      .filter((flag) => !additional.includes(flag))
      .sort()
      .join("\n");
  });
}

/** Command line: a usage text becomes `<usage>`; its prose is each program's own. */
export function withoutUsage(answer: Answer): Answer {
  return onOutput((text) => text.replace(/^Usage:[\s\S]*/m, "<usage>\n"))(answer);
}

/** Command line: replaces a pattern in both outputs. */
export function replaced(pattern: RegExp, by: string): Refinement {
  return onOutput((text) => text.replace(pattern, by));
}

/** Command line: the lines of both outputs in sorted order. */
export function sortedLines(answer: Answer): Answer {
  return onOutput((text) => text.split("\n").sort().join("\n"))(answer);
}

/** Command line: keeps exit code and which stream was used, for texts that are each program's own. */
export function streamsOnly(answer: Answer): Answer {
  return onOutput((text) => (text.trim() === "" ? "" : "<text>"))(answer);
}

/** HTTP: replaces a pattern in the text of the body and in all texts of the JSON body. */
export function replacedInBody(pattern: RegExp, by: string): Refinement {
  return (answer) => {
    if (answer.kind !== "http") return answer;
    const copy = { ...answer };
    if (copy.text !== undefined) copy.text = copy.text.replace(pattern, by);
    if (copy.json !== undefined) copy.json = JSON.parse(JSON.stringify(copy.json).replace(pattern, by)) as Json;
    return copy;
  };
}

function onJson(change: (json: Json) => Json): Refinement {
  return (answer) => {
    if (answer.kind !== "http" || answer.json === undefined) return answer;
    return { ...answer, json: change(structuredClone(answer.json)) };
  };
}

function onOutput(change: (text: string) => string): Refinement {
  return (answer) =>
    answer.kind === "cli" ? { ...answer, stdout: change(answer.stdout), stderr: change(answer.stderr) } : answer;
}
