import { Random } from "../random.ts";
import { drawFaults, type Fault } from "./faults.ts";
import { drawSwarm, type Swarm } from "./swarm.ts";
import { drawTheme, type ThemeName, themeOf } from "./themes.ts";

/** All that decides a run: the same plan gives the same events. */
export interface Plan {
  seed: number;
  swarm: Swarm;
  /** Earliest first. */
  faults: readonly Fault[];
}

export function planOf(seed: number): Plan {
  const random = new Random(seed, "theme");
  const name = drawTheme(random);
  const theme = name && themeOf(name);
  const drawn = drawSwarm(seed);
  const swarm = theme === undefined ? drawn : theme.hardened(drawn, random);
  return { seed, swarm, faults: drawFaults(seed, swarm, theme?.kinds) };
}

/** What the run of a seed is about, if anything. */
export function themeNameOf(seed: number): ThemeName | undefined {
  return drawTheme(new Random(seed, "theme"));
}
