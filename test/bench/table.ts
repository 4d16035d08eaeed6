/** Prints figures beside their budgets, one a line, in columns. */
import type { Figure } from "./figure.ts";

export function printFigures(figures: readonly Figure[]): void {
  const rows = figures.map(row);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  for (const cells of rows) {
    console.log(
      cells
        .map((cell, column) => (column === 0 || column === 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    );
  }
}

function row({ what, measured, unit, budget }: Figure): string[] {
  const bound = Number.isFinite(budget) ? `${budget < 0 ? "≥" : "≤"} ${Math.abs(budget)} ${unit}`.trimEnd() : "";
  const kept = budget < 0 ? measured >= -budget : measured <= budget;
  return [
    what,
    `${measured < 10 ? measured.toFixed(2) : measured.toFixed(0)} ${unit}`.trimEnd(),
    bound,
    bound === "" ? "" : kept ? "kept" : "MISSED",
  ];
}
