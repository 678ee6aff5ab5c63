import { type DnsRecord, TYPE } from "../codec/dns/types.ts";
import { ipOfReverse } from "./ip.ts";
import { nodeName, soaRecord, under } from "./records.ts";
import { type AnswerContext, EMPTY_REPLY, type Question, type Reply } from "./reply.ts";

/**
 * Answers a name under `arpa`: the node with exactly that address, else the service. Names are always in the primary
 * domain, and the TTL is 0. What is not found is the recursors' matter.
 */
export function answerReverse(question: Question, name: string, context: AnswerContext): Reply | "forward" {
  const { config, zones, lookups } = context;
  const ip = ipOfReverse(name);
  if (ip === undefined) return "forward";
  const target = targetOf(ip, context);
  if (target === undefined) return "forward";
  const answers: DnsRecord[] = [{ name: question.name, ttlS: 0, type: TYPE.PTR, target }];
  const authorities: DnsRecord[] = [];
  if (question.type === TYPE.SOA) {
    lookups.cacheable = false;
    authorities.push(soaRecord(config, zones.domain, context.nowMs));
  }
  return { ...EMPTY_REPLY, answers, authorities };
}

function targetOf(ip: string, { config, zones, lookups }: AnswerContext): string | undefined {
  const owners = lookups.owners(ip);
  const node = owners?.nodes[0];
  if (node !== undefined) return nodeName(node.Node, node.Datacenter, zones.domain);
  const service = owners?.services[0];
  if (service === undefined) return undefined;
  return under(`${service.Service}.service.${config.datacenter.toLowerCase()}`, zones.domain);
}
