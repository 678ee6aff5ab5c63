import { z } from "zod";
import { Refusal } from "../lib/refusal.ts";
import {
  type Deregistration,
  decodeDeregistration,
  decodeRegistration,
  type Registration,
} from "../model/registration.ts";
import type { CoordinateUpdate } from "../state/coordinates/commands.ts";
import type { StateDb } from "../state/db.ts";
import { nodesByAddress } from "../state/nodes/queries.ts";
import { servicesByAddress } from "../state/services/queries.ts";
import { AGENT_METHODS } from "./agent-names.ts";

const name = z.string().max(512);

/** What the node's own agent says of its registration; see `Registration`. */
const claimSchema = z.object({ service: z.boolean(), checks: z.array(name).max(4096) });
const registerSchema = z.object({ registration: z.unknown(), claim: claimSchema.optional() });
const forgetSchema = z.object({
  nodeId: name,
  items: z.array(z.object({ kind: z.enum(["service", "check"]), id: name, index: z.int().min(0) })).max(4096),
});
const coordinateSchema = z.object({
  Node: name,
  Segment: name,
  Coord: z.object({ Vec: z.array(z.number()).max(64), Error: z.number(), Adjustment: z.number(), Height: z.number() }),
});
const nodeSchema = z.object({ name, id: name });
const ipSchema = z.object({ ip: name });

export interface AgentMethodsDeps {
  db: StateDb;
  register(registration: Registration): Promise<true>;
  deregister(request: Deregistration): Promise<true>;
  forgetDeregistered(request: z.infer<typeof forgetSchema>): Promise<unknown>;
  updateCoordinate(update: CoordinateUpdate): Promise<void>;
  /** What the catalog has of a node, not stale. */
  nodeView(node: { name: string; id: string }): Promise<unknown>;
}

/**
 * What client agents ask beside HTTP requests. Everything that comes is checked here: whoever reaches the server port may
 * call. Throws Refusals in Consul's words.
 */
export function agentMethods(deps: AgentMethodsDeps): Record<string, (argument: unknown) => Promise<unknown>> {
  const { db } = deps;
  return {
    async [AGENT_METHODS.register](argument) {
      const { registration, claim } = decoded(registerSchema, argument);
      const decodedOne = decodeRegistration(registration);
      return deps.register(claim === undefined ? decodedOne : { ...decodedOne, ByOwner: claim });
    },
    [AGENT_METHODS.deregister]: async (argument) => deps.deregister(decodeDeregistration(argument)),
    [AGENT_METHODS.forget]: async (argument) => deps.forgetDeregistered(decoded(forgetSchema, argument)),
    [AGENT_METHODS.nodeView]: async (argument) => deps.nodeView(decoded(nodeSchema, argument)),
    [AGENT_METHODS.coordinate]: async (argument) => deps.updateCoordinate(decoded(coordinateSchema, argument)),
    async [AGENT_METHODS.owners](argument) {
      const { ip } = decoded(ipSchema, argument);
      const nodes = nodesByAddress(db, ip);
      const services = nodes.length > 0 ? [] : servicesByAddress(db, ip);
      return { nodes, services: services.map(({ ServiceName }) => ({ Service: ServiceName })) };
    },
  };
}

function decoded<T>(schema: z.ZodType<T>, argument: unknown): T {
  const { data, error } = schema.safeParse(argument);
  if (error === undefined) return data as T;
  const [issue] = error.issues;
  throw new Refusal(`Bad request: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`, 400);
}
