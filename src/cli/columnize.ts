/**
 * Aligns rows of cells into columns with two spaces between them, as Consul's tables are. Widths are what a terminal
 * shows (a wide character takes two places). Nothing is cut off or padded behind the last column.
 */
export function columnize(rows: readonly (readonly string[])[], separator = "  "): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, Bun.stringWidth(cell));
    });
  }
  return rows.map((row) => alignRow(row, widths, separator)).join("\n");
}

function alignRow(row: readonly string[], widths: readonly number[], separator: string): string {
  const last = row.length - 1;
  return row
    .map((cell, column) => {
      if (column === last) return cell;
      return cell + " ".repeat((widths[column] ?? 0) - Bun.stringWidth(cell)) + separator;
    })
    .join("");
}
