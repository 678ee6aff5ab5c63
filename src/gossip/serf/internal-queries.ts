import type { Logger } from "../../ports/logger.ts";
import { type IncomingQuery, MEMBER_STATUSES } from "../types.ts";
import { encodeSerf } from "../wire/serf.ts";
import { answerKeyOrder } from "./key-orders.ts";
import type { MemberList } from "./member-list.ts";
import type { KeyOrders } from "./options.ts";
import { CONFLICT_QUERY, INTERNAL_PREFIX, PING_QUERY } from "./query-names.ts";

export interface InternalQueriesOptions {
  readonly name: string;
  readonly members: MemberList;
  readonly keyring: KeyOrders | undefined;
  readonly log: Logger;
}

/** Questions that members of Serf have among themselves; nobody above sees them. */
export class InternalQueries {
  readonly #options: InternalQueriesOptions;

  constructor(options: InternalQueriesOptions) {
    this.#options = options;
  }

  /** False when it is a question for those above. */
  take(query: IncomingQuery): boolean {
    if (!query.name.startsWith(INTERNAL_PREFIX)) return false;
    // The ack, which has been sent, is the whole answer.
    if (query.name === PING_QUERY) return true;
    if (query.name === CONFLICT_QUERY) this.#answerConflict(query);
    else void answerKeyOrder(query, this.#options);
    return true;
  }

  /** Where a member is, as this one knows it. Who it is about is no witness. */
  #answerConflict(query: IncomingQuery): void {
    const name = new TextDecoder().decode(query.payload);
    const member = this.#options.members.get(name);
    if (name === this.#options.name || member === undefined) return;
    const { at, tags, versions } = member;
    const status = MEMBER_STATUSES.indexOf(member.status);
    query.respond(encodeSerf({ type: "conflictResponse", member: { name, at, tags, status, versions } }));
  }
}
