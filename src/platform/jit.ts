/**
 * Code is compiled at the usual number of calls from now on. The executable starts with a higher one (`scripts/build.ts`):
 * what runs at a start, and what an idle agent does each second, is not worth a compiler's time and memory.
 */
export function compileSoon(): void {
  Bun.unsafe.setJITPolicy(1);
}
