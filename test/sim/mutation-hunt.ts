import { join } from "node:path";
import { linesOf } from "./lines.ts";
import type { Finding } from "./mutate.ts";

export interface Hunted {
  name: string;
  finding?: Finding;
}

/** Hunts mutations in processes of their own; each begins with the seed beside its name, and goes on from 1. */
export async function huntAll(
  wanted: readonly (readonly [name: string, first: number | undefined])[],
  seedsMax: number,
  workers: number,
  found: (hunted: Hunted) => void = () => undefined,
): Promise<Hunted[]> {
  const all: Hunted[] = [];
  const take = (line: string) => {
    const hunted = JSON.parse(line) as Hunted;
    all.push(hunted);
    found(hunted);
  };
  const shares = Array.from({ length: workers }, (_, at) => wanted.filter((_, n) => n % workers === at));
  await Promise.all(
    shares.map((share) =>
      linesOf([join(import.meta.dir, "mutations-child.ts"), JSON.stringify(share), `${seedsMax}`], take),
    ),
  );
  return all;
}
