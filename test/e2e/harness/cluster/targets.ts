/** What health checks of type HTTP are pointed at: one path for each, which fails when it is told to. */
export class Targets {
  readonly #failing = new Set<string>();
  readonly #hits = new Map<string, number>();
  readonly #server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      const name = new URL(request.url).pathname.slice(1);
      this.#hits.set(name, this.hits(name) + 1);
      return new Response(name, { status: this.#failing.has(name) ? 500 : 200 });
    },
  });

  url(name: string): string {
    return `http://127.0.0.1:${this.#server.port}/${name}`;
  }

  /** How often it was asked so far. */
  hits(name: string): number {
    return this.#hits.get(name) ?? 0;
  }

  fail(name: string, fails: boolean): void {
    if (fails) this.#failing.add(name);
    else this.#failing.delete(name);
  }

  async close(): Promise<void> {
    await this.#server.stop(true);
  }
}
