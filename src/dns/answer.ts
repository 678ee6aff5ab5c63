import { splitLabels } from "../codec/dns/name.ts";
import { CLASS_IN, type DnsRecord, RCODE, TYPE } from "../codec/dns/types.ts";
import { serviceTtlS } from "./config.ts";
import { ipOfHex } from "./ip.ts";
import { parseTarget, type Target, zoneOf } from "./names.ts";
import { addressRecord, metaRecords, nameServers, nodeRecords, soaRecord } from "./records.ts";
import { type AnswerContext, EMPTY_REPLY, type Question, REFUSED_REPLY, type Reply } from "./reply.ts";
import { answerReverse } from "./reverse.ts";
import { addressAnswers, type ServiceAnswer, srvAnswers } from "./service-records.ts";
import { shuffled } from "./shuffle.ts";
import type { DnsInstance } from "./source.ts";

/** A CNAME inside the own domains is followed this often (observed: a loop of two gives three CNAMEs for SRV). */
const CHASE_DEPTH = 3;

/**
 * Answers a question from the registry, or says `"forward"` for what is not its own. When `lookups.wants` is not empty
 * afterwards, the reply is incomplete: fetch what is wanted and ask again.
 */
export function answerQuestion(question: Question, context: AnswerContext): Reply | "forward" {
  const name = question.name.toLowerCase();
  const zone = zoneOf(name, context.zones);
  if (zone === "foreign") return "forward";
  // Consul answers class CH as if it were IN, which resolvers take for a malformed message.
  if (question.class !== CLASS_IN && question.class !== TYPE.ANY) return REFUSED_REPLY;
  if (zone === "reverse") return answerReverse(question, name, context);
  return answerOwn(question, name, context, CHASE_DEPTH);
}

function answerOwn(question: Question, name: string, context: AnswerContext, depth: number): Reply {
  switch (question.type) {
    case TYPE.SOA: {
      const servers = serverRecords(context);
      return { ...EMPTY_REPLY, answers: [soa(context)], authorities: servers.records, additionals: servers.glue };
    }
    case TYPE.NS: {
      const servers = serverRecords(context);
      return { ...EMPTY_REPLY, answers: servers.records, additionals: servers.glue };
    }
    case TYPE.AXFR:
      return { ...EMPTY_REPLY, rcode: RCODE.NOTIMP };
    default:
      return answerTarget(question, parseTarget(name, question.type, context.zones), context, depth);
  }
}

function answerTarget(question: Question, target: Target, context: AnswerContext, depth: number): Reply {
  switch (target.kind) {
    case "service":
      return answerService(question, target, context, depth);
    case "node":
      return answerNode(question, target, context, depth);
    case "query":
      return answerQuery(question, target, context, depth);
    case "address":
      return answerAddress(question, target.hex, context);
    case "invalid":
      return noSuchName(context);
  }
}

function answerService(
  question: Question,
  target: Extract<Target, { kind: "service" }>,
  context: AnswerContext,
  depth: number,
): Reply {
  const { config, lookups } = context;
  const datacenter = lookups.datacenter(target.datacenter);
  if (datacenter === undefined) return noSuchName(context);
  const instances = lookups.instances(datacenter, target.name, target.filter);
  const healthy = instances.filter((instance) => isServing(instance, config.onlyPassing));
  const ttlS = serviceTtlS(config, target.name);
  return serviceReply(question, shuffled(healthy, context.random), datacenter, ttlS, context, depth);
}

function answerQuery(
  question: Question,
  target: Extract<Target, { kind: "query" }>,
  context: AnswerContext,
  depth: number,
): Reply {
  const datacenter = context.lookups.datacenter(target.datacenter);
  if (datacenter === undefined) return noSuchName(context);
  const request = { name: target.name, datacenter, sourceAddress: context.sourceAddress };
  const result = context.lookups.query(request);
  if (result === undefined) return { ...noSuchName(context), perSubnet: true };
  const ttlS = result.ttlS ?? serviceTtlS(context.config, result.service);
  const reply = serviceReply(question, result.instances, result.datacenter, ttlS, context, depth);
  return { ...reply, perSubnet: true };
}

function serviceReply(
  question: Question,
  instances: readonly DnsInstance[],
  datacenter: string,
  ttlS: number,
  context: AnswerContext,
  depth: number,
): Reply {
  if (instances.length === 0) return noSuchName(context);
  const answer: ServiceAnswer = {
    config: context.config,
    domain: context.zones.domain,
    datacenter,
    name: question.name,
    type: question.type,
    ttlS,
    chase: (name) => chase(name, context, depth),
  };
  const reply =
    question.type === TYPE.SRV
      ? { ...EMPTY_REPLY, counted: true, ...srvAnswers(answer, instances) }
      : { ...EMPTY_REPLY, counted: true, answers: addressAnswers(answer, instances) };
  return reply.answers.length > 0 ? reply : { ...reply, authorities: [soa(context)] };
}

/** Nodes answer whatever their health. Types other than address, TXT and ANY are not even looked up. */
function answerNode(
  question: Question,
  target: Extract<Target, { kind: "node" }>,
  context: AnswerContext,
  depth: number,
): Reply {
  const { config, lookups } = context;
  const { name, type } = question;
  if (type !== TYPE.A && type !== TYPE.AAAA && type !== TYPE.TXT && type !== TYPE.ANY) return EMPTY_REPLY;
  const datacenter = lookups.datacenter(target.datacenter);
  const node = datacenter === undefined ? undefined : lookups.node(datacenter, target.name);
  if (node === undefined) return noSuchName(context);
  const addresses =
    type === TYPE.TXT ? [] : nodeRecords(config, node, name, type, (next) => chase(next, context, depth));
  const asked = type === TYPE.TXT || type === TYPE.ANY;
  const meta = asked || config.enableAdditionalNodeMetaTxt ? metaRecords(node, name, config.nodeTtlS) : [];
  return asked
    ? { ...EMPTY_REPLY, answers: [...addresses, ...meta] }
    : { ...EMPTY_REPLY, answers: addresses, additionals: meta };
}

/** The record is given whatever type was asked (observed); it is the name itself that holds the address. */
function answerAddress(question: Question, hex: string, context: AnswerContext): Reply {
  const ip = ipOfHex(hex);
  if (ip === "odd") return EMPTY_REPLY;
  if (ip === "bad") return noSuchName(context);
  // Consul gives this owner in lower case, unlike all others.
  const record = addressRecord(question.name.toLowerCase(), ip, TYPE.ANY, context.config.nodeTtlS);
  return { ...EMPTY_REPLY, answers: record === undefined ? [] : [record] };
}

/** Follows a CNAME target: inside the own domains by asking ourselves for ANY, outside through the recursors. */
function chase(target: string, context: AnswerContext, depth: number): readonly DnsRecord[] {
  const name = target.toLowerCase();
  if (zoneOf(name, context.zones) !== "own")
    return context.config.recursors.length === 0 ? [] : context.lookups.external(name);
  if (depth < 1 || splitLabels(name).length < 2) return [];
  return answerOwn({ name: target, type: TYPE.ANY, class: CLASS_IN }, name, context, depth - 1).answers;
}

function serverRecords(context: AnswerContext): ReturnType<typeof nameServers> {
  const servers = shuffled(context.lookups.servers(), context.random);
  return nameServers(context.config, context.zones.domain, servers, (name) => chase(name, context, CHASE_DEPTH));
}

function noSuchName(context: AnswerContext): Reply {
  return { ...EMPTY_REPLY, rcode: RCODE.NXDOMAIN, authorities: [soa(context)] };
}

function soa(context: AnswerContext): DnsRecord {
  // The serial is the clock, so the answer is good for this second only.
  context.lookups.cacheable = false;
  return soaRecord(context.config, context.zones.domain, context.nowMs);
}

function isServing(instance: DnsInstance, onlyPassing: boolean): boolean {
  return instance.Checks.every((check) => (onlyPassing ? check.Status === "passing" : check.Status !== "critical"));
}
