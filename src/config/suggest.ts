const SUGGESTED_DISTANCE_MAX = 3;
const COMPARED_CHARS_MAX = 64;

/** The known name that `written` was probably meant to be, or undefined. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  if (written.length > COMPARED_CHARS_MAX) return undefined;
  const plain = written.toLowerCase().replace(/[-_.]/g, "");
  let best: string | undefined;
  let bestDistance = Math.min(SUGGESTED_DISTANCE_MAX, Math.ceil(plain.length / 3)) + 1;
  for (const name of known) {
    const distance = editDistance(plain, name.replaceAll("_", ""));
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
          (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[b.length] as number;
}
