import type { ServiceConfigRequest } from "../../model/service-config.ts";
import { resolveServiceConfig } from "../../state/config-entries/resolve.ts";
import type { StateDb } from "../../state/db.ts";
import type { Publisher } from "../../state/publisher.ts";
import type { ServiceConfigSource } from "./source.ts";

/** A server's own state: known at once, and followed by topics. */
export function serviceConfigsOf(
  db: StateDb,
  publisher: Pick<Publisher, "subscribe" | "isClosed">,
): ServiceConfigSource {
  return {
    isRemote: false,
    watch(request: ServiceConfigRequest, onConfig) {
      let cancel = (): void => undefined;
      const read = () => {
        const { value, interest } = resolveServiceConfig(db, request);
        cancel = publisher.subscribe(interest, () => {
          if (!publisher.isClosed) read();
        });
        onConfig(value);
      };
      read();
      return () => cancel();
    },
  };
}
