/**
 * A key/value store with sessions behind HTTP, just enough for locks: acquire, release, compare-and-set, recursive reads
 * and long polls that wait until the index moves. Nothing in it waits for time.
 */
interface Pair {
  Key: string;
  Value: string | null;
  Flags: bigint;
  CreateIndex: number;
  ModifyIndex: number;
  LockIndex: number;
  Session?: string;
}

export class FakeKv {
  readonly pairs = new Map<string, Pair>();
  readonly sessions = new Map<string, { name: string; behavior: string }>();
  readonly requests: string[] = [];
  /** Answers of the next reads that must fail, first one first. */
  readonly failures: number[] = [];
  /** Answers what is neither key nor session; undefined leaves it to the rest. */
  other: (method: string, path: string, body: string) => Response | undefined = () => undefined;
  #index = 1;
  #wakers: (() => void)[] = [];
  #watchers: (() => void)[] = [];
  readonly #server: Bun.Server<undefined>;

  constructor() {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      fetch: (request) => this.#answer(request),
    });
  }

  get address(): string {
    return `127.0.0.1:${this.#server.port}`;
  }

  stop(): Promise<void> {
    this.#wake();
    return this.#server.stop(true);
  }

  /** Resolves when a request line that contains `text` has come in, also one that already has. */
  async seen(text: string, count = 1): Promise<void> {
    while (this.requests.filter((line) => line.includes(text)).length < count)
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  put(key: string, value: string, flags = 0n): void {
    this.#store(key, { Value: Buffer.from(value).toString("base64"), Flags: flags });
  }

  delete(key: string): void {
    this.pairs.delete(key);
    this.#wake();
  }

  #store(key: string, change: Partial<Pair>): void {
    const before = this.pairs.get(key);
    const index = this.#index + 1;
    const blank: Pair = { Key: key, Value: null, Flags: 0n, CreateIndex: index, ModifyIndex: index, LockIndex: 0 };
    this.pairs.set(key, { ...blank, ...before, ...change, ModifyIndex: index });
    this.#wake();
  }

  #wake(): void {
    this.#index++;
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    this.requests.push(`${request.method} ${url.pathname}${url.search}`);
    for (const watch of this.#watchers.splice(0)) watch();
    if (!/^\/v1\/(kv|session)\//.test(url.pathname)) {
      const answer = this.other(request.method, url.pathname, await request.text());
      if (answer !== undefined) return answer;
    }
    if (url.pathname === "/v1/agent/self") return Response.json({ Config: { NodeName: "n1" } });
    if (url.pathname.startsWith("/v1/session/")) return this.#session(url.pathname, await request.text());
    const key = decodeURIComponent(url.pathname.slice("/v1/kv/".length));
    if (request.method === "GET") return await this.#read(key, url.searchParams);
    const done =
      request.method === "PUT"
        ? this.#write(key, url.searchParams, await request.text())
        : this.#remove(key, url.searchParams);
    return new Response(String(done));
  }

  #session(path: string, body: string): Response {
    if (path.endsWith("/create")) {
      const { Name, Behavior = "release" } = JSON.parse(body) as { Name: string; Behavior?: string };
      const id = `session-${this.sessions.size + 1}`;
      this.sessions.set(id, { name: Name, behavior: Behavior });
      return Response.json({ ID: id });
    }
    const id = path.slice(path.lastIndexOf("/") + 1);
    if (path.includes("/destroy/")) this.endSession(id);
    return this.sessions.has(id) || path.includes("/destroy/")
      ? new Response("true")
      : new Response("", { status: 404 });
  }

  /** Ends a session as a TTL does: its keys are released or deleted. */
  endSession(id: string): void {
    const behavior = this.sessions.get(id)?.behavior;
    this.sessions.delete(id);
    for (const pair of [...this.pairs.values()].filter((one) => one.Session === id)) {
      if (behavior === "delete") this.delete(pair.Key);
      else this.#store(pair.Key, { Session: "" });
    }
  }

  async #read(key: string, query: URLSearchParams): Promise<Response> {
    const failure = this.failures.shift();
    if (failure !== undefined) return new Response("failing", { status: failure });
    if (query.has("index") && Number(query.get("index")) >= this.#index)
      await new Promise<void>((resolve) => this.#wakers.push(resolve));
    const isPrefix = query.has("recurse") || query.has("keys");
    const found = [...this.pairs.values()].filter((pair) => (isPrefix ? pair.Key.startsWith(key) : pair.Key === key));
    const headers = { "X-Consul-Index": String(this.#index) };
    if (found.length === 0) return new Response("", { status: 404, headers });
    if (query.has("keys")) return Response.json(found.map((pair) => pair.Key).sort(), { headers });
    if (query.has("raw")) return new Response(Buffer.from(found[0]?.Value ?? "", "base64"), { headers });
    const json = JSON.stringify(found, (_, value: unknown) =>
      typeof value === "bigint" ? JSON.rawJSON(String(value)) : value,
    );
    return new Response(json, { headers });
  }

  #write(key: string, query: URLSearchParams, body: string): boolean {
    const pair = this.pairs.get(key);
    const session = query.get("acquire") ?? query.get("release");
    if (query.has("cas") && Number(query.get("cas")) !== (pair?.ModifyIndex ?? 0)) return false;
    if (query.has("acquire") && pair?.Session && pair.Session !== session) return false;
    if (query.has("release") && pair?.Session !== session) return false;
    const Session = query.has("acquire") ? { Session: session ?? "" } : query.has("release") ? { Session: "" } : {};
    this.#store(key, {
      Value: Buffer.from(body).toString("base64"),
      Flags: BigInt(query.get("flags") ?? 0),
      ...Session,
    });
    return true;
  }

  #remove(key: string, query: URLSearchParams): boolean {
    if (query.has("cas") && Number(query.get("cas")) !== this.pairs.get(key)?.ModifyIndex) return false;
    for (const other of [...this.pairs.keys()]) {
      if (query.has("recurse") && other.startsWith(key)) this.delete(other);
    }
    this.delete(key);
    return true;
  }
}
