/**
 * The agent's registrations on disk, in Consul's layout and JSON, so that an agent can take over a Consul agent's data
 * directory: `services/<md5 of id>`, `checks/<md5>`, and `checks/state/<md5>` for what a TTL check last said. Consul has
 * no `deregistered/<md5>`: definitions of configuration files that must not come back.
 */
import { z } from "zod";
import { md5Hex } from "../../lib/md5.ts";
import { Secret } from "../../lib/secret.ts";
import { HealthCheck } from "../../model/check.ts";
import { ServiceCheckDefinition } from "../../model/definition-check.ts";
import { decodeGo } from "../../model/go-decode.ts";
import { NodeService } from "../../model/service.ts";
import type { FileStore } from "../../ports/file-store.ts";
import type { Logger } from "../../ports/logger.ts";
import type { LocalCheck, LocalService } from "./state.ts";

/** What a TTL check last said. `Expires` is in seconds since 1970. */
const TtlState = z.object({ CheckID: z.string(), Output: z.string(), Status: z.string(), Expires: z.number() });
export type TtlState = z.infer<typeof TtlState>;

const ServiceFile = z.object({
  Token: z.string(),
  Service: NodeService,
  Source: z.string().default("remote"),
  LocallyRegisteredAsSidecar: z.boolean().default(false),
});
const Source = z.enum(["remote", "local"]).catch("remote");

const CheckFile = z.object({
  Check: HealthCheck.extend({ ServiceTags: z.array(z.string()).nullable() }),
  /** Null for maintenance, which nothing runs. */
  ChkType: z.record(z.string(), z.unknown()).nullable(),
  Token: z.string(),
  Source: z.string().default("remote"),
});

/**
 * Stands in the place of a registration that must not come back: removing a file is not sure to survive a power cut, so it
 * is written over first.
 */
const RETIRED = JSON.stringify({ Deregistered: true });
const Retired = z.object({ Deregistered: z.literal(true) });

const DroppedFile = z.object({ Key: z.string(), Digest: z.string() });

export class Persistence {
  readonly #files: FileStore;
  readonly #log: Logger;
  constructor(files: FileStore, log: Logger) {
    this.#files = files;
    this.#log = log;
  }

  async saveService(local: LocalService): Promise<void> {
    const { service, token, source, isSidecar } = local;
    const text = JSON.stringify({
      Token: token.reveal(),
      Service: service,
      Source: source,
      ...(isSidecar ? { LocallyRegisteredAsSidecar: true } : {}),
    });
    await this.#files.write(serviceFile(service.ID), text, true);
  }

  async saveCheck(local: LocalCheck): Promise<void> {
    const { check, run, token, source } = local;
    const text = JSON.stringify({ Check: check, ChkType: run, Token: token.reveal(), Source: source });
    await this.#files.write(checkFile(check.CheckID), text, true);
  }

  /** Not durable: a TTL update may come every second, and losing one only means to wait for the next. */
  async saveTtlState(state: TtlState): Promise<void> {
    await this.#files.write(ttlFile(state.CheckID), JSON.stringify(state), false);
  }

  async removeService(id: string): Promise<void> {
    await this.#files.remove(serviceFile(id));
  }

  /** Removes a service for good, unless `isBack` by then: nothing brings it back once this has resolved. */
  async retireService(id: string, isBack: () => boolean): Promise<void> {
    await this.#files.write(serviceFile(id), RETIRED, true);
    if (!isBack()) await this.removeService(id);
  }

  /** As `retireService`. */
  async retireCheck(id: string, isBack: () => boolean): Promise<void> {
    await this.#files.write(checkFile(id), RETIRED, true);
    if (!isBack()) await this.removeCheck(id);
  }

  /** Digests of dropped definitions, by key. */
  async loadDropped(): Promise<Map<string, string>> {
    const files = await this.#loadAll(DROPPED_FOLDER, (json) => DroppedFile.parse(json));
    return new Map(files.map(({ Key, Digest }) => [Key, Digest]));
  }

  async saveDropped(key: string, digest: string): Promise<void> {
    await this.#files.write(droppedFile(key), JSON.stringify({ Key: key, Digest: digest }), true);
  }

  async removeDropped(key: string): Promise<void> {
    await this.#files.remove(droppedFile(key));
  }

  /** Removes a check that is in a configuration file by now; what its service said of itself stays. */
  async removeCheckTwin(id: string): Promise<void> {
    await this.#files.remove(checkFile(id));
  }

  async removeCheck(id: string): Promise<void> {
    await Promise.all([this.#files.remove(checkFile(id)), this.#files.remove(ttlFile(id))]);
  }

  loadServices(): Promise<LocalService[]> {
    return this.#loadAll("services", (json) => {
      const file = ServiceFile.parse(json);
      return {
        service: file.Service,
        token: new Secret(file.Token),
        source: Source.parse(file.Source),
        isSidecar: file.LocallyRegisteredAsSidecar,
      };
    });
  }

  loadChecks(): Promise<LocalCheck[]> {
    return this.#loadAll("checks", (json) => {
      const file = CheckFile.parse(json);
      const { CheckID: _id, ...run } = decodeGo(ServiceCheckDefinition, file.ChkType ?? {});
      const check = { ...file.Check, ServiceTags: file.Check.ServiceTags ?? [] };
      return { check, run, token: new Secret(file.Token), source: Source.parse(file.Source) };
    });
  }

  async loadTtlStates(): Promise<Map<string, TtlState>> {
    const states = await this.#loadAll("checks/state", (json) => TtlState.parse(json));
    return new Map(states.map((state) => [state.CheckID, state]));
  }

  /** A damaged file costs its one registration, never the start. Its text may hold a token, so only its name is logged. */
  async #loadAll<T>(folder: string, parse: (json: unknown) => T): Promise<T[]> {
    const loaded: T[] = [];
    for (const name of await this.#files.list(folder)) {
      const file = `${folder}/${name}`;
      try {
        const json: unknown = JSON.parse(await this.#files.read(file));
        if (Retired.safeParse(json).success) await this.#files.remove(file);
        else loaded.push(parse(json));
      } catch (error) {
        const kind = error instanceof Error ? error.name : "unknown";
        this.#log.warn("Skipped a registration file that can't be read", { file, error: kind });
      }
    }
    return loaded;
  }
}

const DROPPED_FOLDER = "deregistered";

const droppedFile = (key: string) => `${DROPPED_FOLDER}/${md5Hex(key)}`;
const serviceFile = (id: string) => `services/${md5Hex(id)}`;
const checkFile = (id: string) => `checks/${md5Hex(id)}`;
const ttlFile = (id: string) => `checks/state/${md5Hex(id)}`;
