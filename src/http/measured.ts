import { SparseTimer } from "../lib/sparse-timer.ts";
import type { HttpDeps } from "./deps.ts";

/** `http.GET.v1.kv._` for `/v1/kv/:key{.*}`, as Consul names them: what varies in a path is never in a name. */
export function measureName(method: string, path: string): string {
  const parts = path.slice(1).split("/");
  const fixed = parts.slice(0, parts.findIndex((part) => part.startsWith(":")) >>> 0);
  return ["http", method, ...fixed, ...(fixed.length < parts.length ? ["_"] : [])].join(".");
}

/** Measures what is answered under `name`. */
export function requestTimer(name: string, { meter, clock }: Pick<HttpDeps, "meter" | "clock">): SparseTimer {
  return new SparseTimer(
    () => clock.monotonicMs(),
    (elapsedMs, times) => meter.sample(name, elapsedMs, undefined, times),
  );
}

/** `answer` with its time measured; it must not reject. */
export function measured<C>(
  timer: SparseTimer,
  answer: (context: C) => Promise<Response>,
): (context: C) => Promise<Response> {
  return (context) => {
    const call = timer.start();
    const response = answer(context);
    if (call !== undefined) void response.then(() => timer.stop(call));
    return response;
  };
}
