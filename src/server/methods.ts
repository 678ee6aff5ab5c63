import type { AutopilotConfiguration } from "../model/autopilot.ts";
import type { Deregistration, Registration } from "../model/registration.ts";
import type { TxnOp } from "../model/txn.ts";
import type { RaftNode } from "../raft/node.ts";
import type { CoordinateUpdate } from "../state/coordinates/commands.ts";
import type { Autopilot } from "./autopilot/autopilot.ts";
import type { Caretaker } from "./caretaker.ts";
import type { ConfigEntryRequest } from "./endpoints/config-entry.ts";
import type { KvPut } from "./endpoints/kv.ts";
import type { QueryRequest } from "./endpoints/query.ts";
import type { SessionRequest } from "./endpoints/session.ts";
import type { Propose } from "./propose.ts";
import type { Restores } from "./restores.ts";
import type { Server } from "./server.ts";
import type { Part } from "./uploads.ts";

export interface MethodDeps {
  server: Server;
  propose: Propose;
  raft: Pick<RaftNode, "barrier" | "changeConfiguration" | "transferLeadership">;
  /** Whatever earlier leaders answered is applied here. */
  isCaughtUp: () => boolean;
  autopilot: Autopilot;
  caretaker: Caretaker;
  restores: Restores;
}

/** What only the leader does, under the names by which other servers ask for it. */
export function leaderMethods(deps: MethodDeps) {
  const { server, propose, raft, isCaughtUp, autopilot, caretaker, restores } = deps;
  const remove = async (id: string) => {
    caretaker.keepOut(id);
    try {
      await raft.changeConfiguration({ kind: "remove", serverId: id });
    } catch (error) {
      caretaker.letIn(id);
      throw error;
    }
  };
  return {
    "kv.put": (put: KvPut) => server.kv.put(put),
    "kv.delete": ({ key, cas }: { key: string; cas?: number | undefined }) => server.kv.delete(key, cas),
    "kv.deleteTree": ({ prefix }: { prefix: string }) => server.kv.deleteTree(prefix),
    "config-entry.apply": (request: ConfigEntryRequest) => server.configEntry.apply(request),
    "query.apply": (request: QueryRequest) => server.query.apply(request),
    "session.create": (request: SessionRequest) => server.session.create(request),
    "session.destroy": ({ id }: { id: string }) => server.session.destroy(id),
    "session.renew": async ({ id }: { id: string }) => {
      // A session that a new leader has not heard of yet is not gone.
      if (!isCaughtUp()) await raft.barrier();
      return server.session.renew(id);
    },
    "txn.apply": ({ ops }: { ops: TxnOp[] }) => server.txn.apply(ops, false),
    "catalog.register": (registration: Registration) => server.catalog.register(registration),
    "catalog.deregister": (request: Deregistration) => server.catalog.deregister(request),
    "catalog.forgetDeregistered": (request: Parameters<Server["catalog"]["forgetDeregistered"]>[0]) =>
      server.catalog.forgetDeregistered(request),
    "coordinate.update": async (update: CoordinateUpdate) => server.coordinate.update(update),
    "autopilot.set": (request: { configuration: AutopilotConfiguration; cas?: number | undefined }) =>
      propose({ type: "autopilot.set", ...request }) as Promise<boolean>,
    "autopilot.health": async (_: null) => autopilot.health(),
    "autopilot.state": async (_: null) => autopilot.state(),
    "raft.remove": ({ id }: { id: string }) => remove(id),
    /** The server goes for good, as far as it knows. */
    "raft.leave": async ({ id, node }: { id: string; node: string }) => {
      await remove(id);
      await propose({ type: "catalog.deregister", node });
    },
    "raft.transfer": ({ to }: { to?: string | undefined }) => raft.transferLeadership(to),
    "snapshot.restore": ({ skipUnknown, ...part }: Part & { skipUnknown: boolean }) =>
      restores.take(part, { skipUnknown }),
    /** To be asked again while the answer is null. */
    "snapshot.restored": ({ id }: { id: string }) => restores.result(id),
  };
}

export type LeaderMethods = ReturnType<typeof leaderMethods>;
