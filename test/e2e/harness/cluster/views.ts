import type { Member } from "./member.ts";
import { isAnswer } from "./request.ts";

const ANSWER_MS_MAX = 10_000;

export interface NodeRow {
  readonly Node: string;
  readonly ID: string;
}

export interface Instance {
  readonly Node: NodeRow;
  readonly Service: { readonly ID: string; readonly Port: number };
  readonly Checks: readonly { readonly CheckID: string; readonly Status: string }[];
}

/** Of `/v1/agent/members`. */
export const ALIVE = 1;
export const FAILED = 4;

/** The text of a 200 answer; throws what else came. */
export async function answer(of: Member, method: string, path: string, body?: unknown): Promise<string> {
  const found = await of.ask(method, path, body, ANSWER_MS_MAX);
  if (!isAnswer(found) || found.status !== 200)
    throw new Error(`${of.name}: ${method} ${path}: ${JSON.stringify(found)}`);
  return found.text;
}

/** All instances of a service, as one agent says. */
export const instances = async (of: Member, service: string): Promise<readonly Instance[]> =>
  (await of.read<Instance[]>(`/v1/health/service/${service}`)) ?? [];

/** Names of the nodes that have the service with all their checks passing, in order; one may be there twice. */
export const passing = async (of: Member, service: string): Promise<readonly string[]> =>
  ((await of.read<Instance[]>(`/v1/health/service/${service}?passing`)) ?? []).map(({ Node }) => Node.Node).sort();

export const memberStatus = async (of: Member, name: string): Promise<number | undefined> =>
  ((await of.read<{ Name: string; Status: number }[]>("/v1/agent/members")) ?? []).find(({ Name }) => Name === name)
    ?.Status;

/** Of the check `serfHealth`. */
export const nodeHealth = async (of: Member, node: string): Promise<string | undefined> =>
  (await of.read<{ CheckID: string; Status: string }[]>(`/v1/health/node/${node}`))?.find(
    ({ CheckID }) => CheckID === "serfHealth",
  )?.Status;
