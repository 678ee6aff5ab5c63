import { parseDurationNs } from "../../lib/duration.ts";
import { Refusal } from "../../lib/refusal.ts";
import { metaProblem } from "../../model/meta-rules.ts";
import { isTemplate, type QueryDefinition, refuseBadQueryId } from "../../model/prepared-query.ts";
import type { Random } from "../../ports/random.ts";
import { checkTemplate } from "../../state/queries/template.ts";
import type { Propose } from "../propose.ts";

export type QueryRequest =
  | { readonly op: "create" | "update"; readonly query: QueryDefinition }
  | { readonly op: "delete"; readonly id: string };

/** What stands for a token where it is not shown. */
const HIDDEN_TOKEN = "<hidden>";

/** Prepared queries as the leader takes them: validation and ids. Refusals in Consul's words. */
export class QueryEndpoint {
  readonly #propose: Propose;
  readonly #random: Random;
  readonly #exists: (id: string) => boolean;

  constructor(deps: { propose: Propose; random: Random; exists: (id: string) => boolean }) {
    this.#propose = deps.propose;
    this.#random = deps.random;
    this.#exists = deps.exists;
  }

  /** Resolves with the query's id. */
  async apply(request: QueryRequest): Promise<string> {
    if (request.op === "delete") {
      this.#refuseUnknown(request.id);
      return (await this.#propose({ type: "query.delete", id: request.id })) as string;
    }
    const query = request.op === "create" ? this.#withNewId(request.query) : request.query;
    if (request.op === "update") this.#refuseUnknown(query.ID);
    refuseBadDefinition(query);
    if (isTemplate(query)) checkTemplate(query);
    return (await this.#propose({ type: "query.set", query })) as string;
  }

  #withNewId(query: QueryDefinition): QueryDefinition {
    if (query.ID !== "") throw new Refusal("ID must be empty when creating a new prepared query");
    return { ...query, ID: this.#random.uuid() };
  }

  #refuseUnknown(id: string): void {
    try {
      refuseBadQueryId(id);
    } catch (error) {
      throw new Refusal(`Prepared Query lookup failed: ${(error as Error).message}`);
    }
    if (!this.#exists(id)) throw new Refusal(`Cannot modify non-existent prepared query: '${id}'`);
  }
}

function refuseBadDefinition(query: QueryDefinition): void {
  const problem = definitionProblem(query) ?? ttlProblem(query.DNS.TTL);
  if (problem !== undefined) throw new Refusal(`Invalid prepared query: ${problem}`);
  const { Session } = query;
  if (Session !== "" && Session.length !== UUID_LENGTH) {
    throw new Refusal("invalid session: index error: UUID must be 36 characters");
  }
}

const UUID_LENGTH = 36;

/** Names are looked at when the change is applied, and datacenters when the query is executed. */
function definitionProblem(query: QueryDefinition): string | undefined {
  const { Name, Session, Token, Service } = query;
  if (Name === "" && Session === "" && !isTemplate(query)) return "Must be bound to a session";
  if (Token === HIDDEN_TOKEN) {
    return `Bad Token '${Token}', it looks like a query definition with a redacted token was submitted`;
  }
  if (Service.Service === "") return "Must provide a Service name to query";
  const { NearestN } = Service.Failover;
  if (NearestN < 0) return `Bad NearestN '${NearestN}', must be >= 0`;
  return metaProblem(Service.NodeMeta, true);
}

function ttlProblem(ttl: string): string | undefined {
  if (ttl === "") return undefined;
  try {
    const ttlNs = parseDurationNs(ttl);
    return ttlNs < 0 ? `DNS TTL '${ttlNs}', must be >=0` : undefined;
  } catch (error) {
    return `Bad DNS TTL '${ttl}': ${(error as Error).message}`;
  }
}
