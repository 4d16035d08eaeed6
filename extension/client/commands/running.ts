/** Queues runs of ideas, and says before what they would take. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { runsForecastText, worthAsking } from "../../protocol/forecast-text.ts";
import { counted } from "../../protocol/format.ts";
import type { Idea } from "../../protocol/idea.ts";
import { runsEnqueue, runsForecast } from "../../protocol/methods.ts";
import type { RunsForecast } from "../../protocol/search.ts";
import type { Lab } from "../engine/lab.ts";
import { defaultTarget } from "../settings/compute.ts";
import { clockText } from "../sidebar/search-part.ts";

/** Milliseconds for which the status bar says what was queued. */
const SAID = 10_000;

/**
 * Runs that take more than an hour in all, or that something stands against, are asked about; of others the forecast is said and they begin.
 * @throws ProvingGroundError `cancelled` when the user would rather not
 */
export async function runIdeas(lab: Lab, ideas: readonly Idea[]): Promise<void> {
  const target = defaultTarget();
  const each = [...Map.groupBy(ideas, (idea) => idea.environment).values()].map((some) => some.map(({ id }) => id));
  const forecasts = await Promise.all(each.map((some) => lab.link.request(runsForecast, { ideas: some, target })));
  if (worthAsking(forecasts)) await ask(forecasts);
  for (const some of each) await lab.link.request(runsEnqueue, { ideas: some, target });
  vscode.window.setStatusBarMessage(`$(run-all) ${words(forecasts).join("; ")}`, SAID);
}

async function ask(forecasts: readonly RunsForecast[]): Promise<void> {
  const runs = forecasts.reduce((sum, forecast) => sum + forecast.runs, 0);
  const run = "Run";
  const detail = [...words(forecasts), ...forecasts.flatMap(({ warnings }) => warnings)].join("\n");
  const chosen = await vscode.window.showInformationMessage(`Queue ${counted(runs, "run")}?`, { modal: true, detail }, run);
  if (chosen !== run) throw new ProvingGroundError("cancelled", "nothing was queued");
}

function words(forecasts: readonly RunsForecast[]): string[] {
  const now = Date.now();
  return forecasts.map((forecast) => runsForecastText(forecast, now, (at) => clockText(at, now)));
}
