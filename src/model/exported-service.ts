import { z } from "zod";

/** A service that peers may use, as `GET /v1/exported-services` of Consul 1.17 prints it. */
export const ExportedService = z.object({
  Service: z.string(),
  Consumers: z.object({ Peers: z.array(z.string()) }),
});
export type ExportedService = z.infer<typeof ExportedService>;
