import { z } from "zod";

const Count = z.number().int();

/** How much one datacenter holds, as `GET /v1/operator/usage` of Consul 1.14 and later prints it. */
export const Usage = z.object({
  /** Different names. */
  Services: Count,
  ServiceInstances: Count,
  ConnectServiceInstances: z.object({
    "connect-native": Count,
    "connect-proxy": Count,
    "ingress-gateway": Count,
    "mesh-gateway": Count,
    "terminating-gateway": Count,
  }),
  /** Without proxies, gateways and the servers' own. */
  BillableServiceInstances: Count,
  Nodes: Count,
});
export type Usage = z.infer<typeof Usage>;
