import { type EventDeps, eventRoutes } from "./routes/event.ts";
import { type KvDeps, kvRoutes } from "./routes/kv.ts";
import { type OpenApiDeps, openApiRoutes } from "./routes/openapi.ts";
import { type SessionDeps, sessionRoutes } from "./routes/session.ts";
import { type StatusDeps, statusRoutes } from "./routes/status.ts";
import { type StreamDeps, streamRoutes } from "./routes/stream.ts";
import { type TxnDeps, txnRoutes } from "./routes/txn.ts";

/** Every route that is served. The order is that of the documents made from it. */
export const routes = [
  ...kvRoutes,
  ...sessionRoutes,
  ...txnRoutes,
  ...eventRoutes,
  ...statusRoutes,
  ...streamRoutes,
  ...openApiRoutes,
] as const;

/** What the handlers of all routes need from below. */
export type Api = EventDeps & KvDeps & OpenApiDeps & SessionDeps & StatusDeps & StreamDeps & TxnDeps;
