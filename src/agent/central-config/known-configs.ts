import { z } from "zod";
import { md5Hex } from "../../lib/md5.ts";
import { ServiceConfig } from "../../model/service-config.ts";
import type { FileStore } from "../../ports/file-store.ts";
import type { Logger } from "../../ports/logger.ts";

/** Consul's place for the same; its files are read as far as they are understood. */
const FOLDER = "services/configs";

const KnownFile = z.object({
  ServiceID: z.string(),
  /** Whom it is about: a sidecar's own service. Consul's files don't tell. */
  Name: z.string().default(""),
  Defaults: ServiceConfig.extend({
    UpstreamConfigs: ServiceConfig.shape.UpstreamConfigs.nullish(),
    /** Consul's upstreams. */
    UpstreamIDConfigs: z
      .array(z.object({ Upstream: z.object({ ID: z.string() }), Config: z.record(z.string(), z.unknown()) }))
      .nullish(),
  }),
});

/** What config entries said last of the services of this node, on disk: a start may find no server. */
export class KnownConfigs {
  readonly #files: FileStore;
  readonly #log: Logger;
  /** By the service's id, as they are on disk. */
  readonly #known = new Map<string, { name: string; config: ServiceConfig }>();

  constructor(files: FileStore, log: Logger) {
    this.#files = files;
    this.#log = log;
  }

  /** A file that can't be read is as none. */
  async load(): Promise<void> {
    for (const file of await this.#files.list(FOLDER)) {
      try {
        const { ServiceID, Name, Defaults } = KnownFile.parse(JSON.parse(await this.#files.read(`${FOLDER}/${file}`)));
        const { UpstreamConfigs, UpstreamIDConfigs, ...rest } = Defaults;
        const ofConsul = (UpstreamIDConfigs ?? []).map(({ Upstream, Config }): [string, typeof Config] => [
          Upstream.ID,
          Config,
        ]);
        const config = { ...rest, UpstreamConfigs: UpstreamConfigs ?? Object.fromEntries(ofConsul) };
        this.#known.set(ServiceID, { name: Name, config });
      } catch {
        this.#log.warn("Skipped what was known of a service's config entries: its file can't be read", { file });
      }
    }
  }

  get(id: string, name: string): ServiceConfig | undefined {
    const known = this.#known.get(id);
    return known !== undefined && (known.name === name || known.name === "") ? known.config : undefined;
  }

  set(id: string, name: string, config: ServiceConfig): void {
    this.#known.set(id, { name, config });
    const text = JSON.stringify({ ServiceID: id, Name: name, Defaults: config } satisfies z.input<typeof KnownFile>);
    this.#tell(this.#files.write(fileOf(id), text, false));
  }

  forget(id: string): void {
    if (this.#known.delete(id)) this.#tell(this.#files.remove(fileOf(id)));
  }

  /** Forgets all but these. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of [...this.#known.keys()]) if (!ids.has(id)) this.forget(id);
  }

  /** Losing it costs little: it is asked for again. */
  #tell(change: Promise<void>): void {
    change.catch((error: unknown) =>
      this.#log.warn("what config entries say could not be kept", { error: String(error) }),
    );
  }
}

const fileOf = (id: string) => `${FOLDER}/${md5Hex(id)}`;
