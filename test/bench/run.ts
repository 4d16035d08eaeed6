/** `npm run bench`: prints the budgets of the design that exist so far, as measured on this machine in one run. */
import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { packaged, vsix } from "../workbench/packaged.ts";
import { ensurePrerequisites } from "../workbench/prerequisites.ts";
import { activation } from "./activation.ts";
import { earlyStopping } from "./early-stopping.ts";
import { idleTime, ideaCost, restart } from "./engine.ts";
import type { Figure } from "./figure.ts";
import { noveltyLook } from "./novelty.ts";
import { resultsPanel } from "./results-panel.ts";

const measures: Record<string, () => Promise<Figure[]>> = {
  package: () => Promise.resolve([{ what: "size of the package", measured: statSync(vsix).size / 1e6, unit: "MB", budget: 3 }]),
  activation,
  restart,
  ideas: ideaCost,
  idle: idleTime,
  early: earlyStopping,
  novelty: noveltyLook,
  results: () => resultsPanel(),
};

const { values } = parseArgs({ options: { only: { type: "string" } } });
const chosen = values.only?.split(",") ?? Object.keys(measures);
ensurePrerequisites(["environment", "browser"]);
await packaged();
const rows: string[][] = [];
for (const name of chosen) {
  const measure = measures[name];
  if (measure === undefined) throw new Error(`no measure ${name}; there are ${Object.keys(measures).join(", ")}`);
  for (const figure of await measure()) rows.push(row(figure));
}
const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
for (const cells of rows) {
  console.log(
    cells
      .map((cell, column) => (column === 0 || column === 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

function row({ what, measured, unit, budget }: Figure): string[] {
  const bound = Number.isFinite(budget) ? `${budget < 0 ? "≥" : "≤"} ${Math.abs(budget)} ${unit}` : "";
  const kept = budget < 0 ? measured >= -budget : measured <= budget;
  return [
    what,
    `${measured < 10 ? measured.toFixed(2) : measured.toFixed(0)} ${unit}`,
    bound,
    bound === "" ? "" : kept ? "kept" : "MISSED",
  ];
}
