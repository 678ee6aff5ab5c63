import type { Topic } from "../topics.ts";

/** The services that a gateway stands before. */
export const gatewayServicesTopic = (gateway: string): Topic => `gateway-services/${gateway.toLowerCase()}`;
/** Which ingress gateways stand before a service. */
export const ingressTopic = (service: string): Topic => `ingress/${service.toLowerCase()}`;
