/** `npm run bench`: prints the budgets of the design that exist so far, as measured on this machine in one run. */
import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { packaged, vsix } from "../workbench/packaged.ts";
import { ensurePrerequisites } from "../workbench/prerequisites.ts";
import { activation } from "./activation.ts";
import { earlyStopping } from "./early-stopping.ts";
import { idleTime, ideaCost, restart } from "./engine.ts";
import type { Figure } from "./figure.ts";
import { largeLog } from "./log.ts";
import { noveltyLook } from "./novelty.ts";
import { resultsPanel } from "./results-panel.ts";
import { printFigures } from "./table.ts";

const measures: Record<string, () => Promise<Figure[]>> = {
  package: () => Promise.resolve([{ what: "size of the package", measured: statSync(vsix).size / 1e6, unit: "MB", budget: 3 }]),
  activation,
  restart,
  ideas: ideaCost,
  idle: idleTime,
  early: earlyStopping,
  novelty: noveltyLook,
  results: () => resultsPanel(),
  log: largeLog,
};

const { values } = parseArgs({ options: { only: { type: "string" } } });
const chosen = values.only?.split(",") ?? Object.keys(measures);
ensurePrerequisites(["environment", "browser"]);
await packaged();
const figures: Figure[] = [];
for (const name of chosen) {
  const measure = measures[name];
  if (measure === undefined) throw new Error(`no measure ${name}; there are ${Object.keys(measures).join(", ")}`);
  figures.push(...(await measure()));
}
printFigures(figures);
