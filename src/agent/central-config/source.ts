import type { ServiceConfig, ServiceConfigRequest } from "../../model/service-config.ts";

/** Where an agent hears what the config entries say of its proxies. */
export interface ServiceConfigSource {
  /** Answers come from other nodes, and may not for long. */
  readonly isRemote: boolean;
  /**
   * Calls `onConfig` with what holds, at once where that is known, and with each change, until the returned function is
   * called. `onFailure` is called when it can't be had now; it is tried again without being asked.
   */
  watch(
    request: ServiceConfigRequest,
    onConfig: (config: ServiceConfig) => void,
    onFailure: (error: unknown) => void,
  ): () => void;
}
