/** Bodies of the catalog's write calls and of transactions on it, and the nouns that they stand for. */
import { z } from "zod";
import { Refusal } from "../lib/refusal.ts";
import type { HealthCheck } from "./check.ts";
import { StringMap } from "./common.ts";
import { ProxyDefinition } from "./definition-proxy.ts";
import { decodeGo, goBool, goInt, goString, goStrings } from "./go-decode.ts";
import type { Node } from "./node.ts";
import { filled, proxyShape, sortedDeep } from "./proxy-shape.ts";
import { CheckBody, checkFromBody } from "./registration-check.ts";
import type { NodeService } from "./service.ts";

const goMap = () => StringMap.nullable().default(null);

const node = {
  ID: goString(),
  Node: goString(),
  Address: goString(),
  Datacenter: goString(),
  TaggedAddresses: goMap(),
};

const NodeBody = z.object({ ...node, Meta: goMap(), CreateIndex: goInt(), ModifyIndex: goInt() });

const AddressBody = z.object({ Address: goString(), Port: goInt() }).meta({ go: { type: "structs.ServiceAddress" } });

const ServiceBody = z
  .object({
    Kind: goString(),
    ID: goString(),
    Service: goString(),
    Tags: goStrings(),
    Address: goString(),
    TaggedAddresses: z.record(z.string(), AddressBody).nullable().default(null),
    Meta: goMap(),
    Port: goInt(),
    Weights: z.object({ Passing: goInt(), Warning: goInt() }).nullable().default(null),
    EnableTagOverride: goBool(),
    Proxy: ProxyDefinition.nullable().default(null),
    Connect: z
      .object({ Native: goBool(), SidecarService: z.unknown().optional() })
      .meta({ go: { lenient: true } })
      .nullable()
      .default(null),
    CreateIndex: goInt(),
    ModifyIndex: goInt(),
  })
  .meta({ go: { type: "structs.NodeService" } });

const RegisterBody = z
  .object({
    ...node,
    NodeMeta: goMap(),
    Service: ServiceBody.nullable().default(null),
    Check: CheckBody.nullable().default(null),
    Checks: z.array(CheckBody).nullable().default(null),
    SkipNodeUpdate: goBool(),
    CreateIndex: goInt(),
    ModifyIndex: goInt(),
  })
  .meta({ go: { type: "structs.RegisterRequest", ignored: ["token"] } });

const DeregisterBody = z
  .object({ Node: goString(), Datacenter: goString(), ServiceID: goString(), CheckID: goString() })
  .meta({ go: { type: "structs.DeregisterRequest", ignored: ["token"] } });
export type Deregistration = z.output<typeof DeregisterBody> & {
  /** Somebody wants it gone, whatever the node's agent says; unset when the agent itself has it no more. */
  OnPurpose?: boolean;
};

/** A registration whose parts are the catalog's nouns; indexes in them do not count. */
export interface Registration {
  Node: Node;
  SkipNodeUpdate: boolean;
  Service: NodeService | null;
  Checks: HealthCheck[];
  /** Set when the node's own agent says what it has: that must not bring back what was deregistered on purpose. */
  ByOwner?: OwnersClaim;
}

/** What of an agent's registration is newer, as it knows, than any deregistration: somebody registered it anew there. */
export interface OwnersClaim {
  service: boolean;
  /** By id. */
  checks: readonly string[];
}

/** From decoded JSON. Throws a Refusal (400) with Go's text, as do the functions below. */
export function decodeRegistration(json: unknown): Registration {
  const body = decode(RegisterBody, json, "RegisterRequest");
  const { NodeMeta, Service, Check, Checks } = body;
  return {
    Node: nodeFromBody({ ...body, Meta: NodeMeta }),
    SkipNodeUpdate: body.SkipNodeUpdate,
    Service: Service && serviceFromBody(Service),
    // Observed: the single check comes behind those of the list.
    Checks: [...(Checks ?? []), ...(Check === null ? [] : [Check])].map((check) =>
      checkFromBody({ ...check, Node: check.Node || body.Node }),
    ),
  };
}

/** What is to be removed. */
export function decodeDeregistration(json: unknown): Deregistration {
  return decode(DeregisterBody, json, "DeregisterRequest");
}

/** A node of a transaction. */
export function decodeNode(json: unknown): Node {
  return nodeFromBody(decode(NodeBody, json, "Node"));
}

/** An instance of a transaction; its id is its name when it has none. */
export function decodeService(json: unknown): NodeService {
  return serviceFromBody(decode(ServiceBody, json, "NodeService"));
}

/** A check of a transaction: its type is only what it says, not what its definition looks like (observed, 1.8.7). */
export function decodeCheck(json: unknown): HealthCheck {
  const body = decode(CheckBody, json, "HealthCheck");
  return { ...checkFromBody(body), Type: body.Type };
}

function nodeFromBody(body: z.output<typeof NodeBody>): Node {
  const { ID, Node, Address, Datacenter, TaggedAddresses, Meta, CreateIndex, ModifyIndex } = body;
  return { ID, Node, Address, Datacenter, TaggedAddresses, Meta, CreateIndex, ModifyIndex };
}

/** Weights that say nothing count as 1, which differs for Passing (0 is nothing) and Warning (0 is 0): observed. */
function serviceFromBody(body: z.output<typeof ServiceBody>): NodeService {
  const { Kind, TaggedAddresses, Weights, Proxy: proxy, Connect, ...rest } = body;
  return {
    ...(Kind === "" ? {} : { Kind }),
    ...rest,
    ID: rest.ID || rest.Service,
    ...(TaggedAddresses === null ? {} : { TaggedAddresses }),
    Weights: {
      Passing: Weights !== null && Weights.Passing > 0 ? Weights.Passing : 1,
      Warning: Weights !== null && Weights.Warning >= 0 ? Weights.Warning : 1,
    },
    Proxy: proxyShape(proxy),
    Connect: filled({ Native: Connect?.Native, SidecarService: sortedDeep(Connect?.SidecarService) }),
  };
}

/** `decodeGo`, with the two things that it does not know: the type at the root, and what Consul adds for namespaces. */
function decode<S extends z.ZodObject>(schema: S, json: unknown, root: string): z.output<S> {
  try {
    return decodeGo(schema, json ?? {});
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const text = error.message.replace("Go struct field .", `Go struct field ${root}.`);
    const isNamespace = text.endsWith('unknown field "Namespace"');
    throw new Refusal(isNamespace ? `${text} - Namespaces are a Consul Enterprise feature` : text, error.status);
  }
}
