import { writeFileSync } from "node:fs";
import { Glob } from "bun";

const [LIBRARY] = [...new Glob("/usr/lib/*/faketime/libfaketime.so.1").scanSync("/")];

/** Whether wall clocks can be faked here: `apt-get install faketime`. */
export const canFakeTime = LIBRARY !== undefined;
/** For the title of a test that is not run. */
export const NO_FAKETIME = "not run: there is no libfaketime here; apt-get install faketime";

/** The wall clock of a program; the other clocks are left alone. */
export class FakeClock {
  readonly #file: string;

  /** `at`: `+2h`, `-1d`, or `@1970-01-01 00:00:05` from which it runs on. */
  constructor(file: string, at: string) {
    this.#file = file;
    this.set(at);
  }

  /** Words before the program. */
  get wrapper(): string[] {
    const variables = [`LD_PRELOAD=${LIBRARY}`, `FAKETIME_TIMESTAMP_FILE=${this.#file}`];
    return ["env", ...variables, "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1"];
  }

  /** The clock jumps, also of programs that run. */
  set(at: string): void {
    writeFileSync(this.#file, `${at}\n`);
  }
}
