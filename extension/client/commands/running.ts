/** Queues runs, and says before what they would take. */
import * as vscode from "vscode";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { runsForecastText, worthAsking } from "../../protocol/forecast-text.ts";
import { counted } from "../../protocol/format.ts";
import type { Idea } from "../../protocol/idea.ts";
import { environmentsBaseline, environmentsSetup, runsEnqueue, runsForecast, runsRetry } from "../../protocol/methods.ts";
import type { Run } from "../../protocol/run.ts";
import type { RunsForecast } from "../../protocol/search.ts";
import { LOCAL } from "../../protocol/target.ts";
import type { Lab } from "../engine/lab.ts";
import type { Presenter } from "../present.ts";
import { defaultTarget } from "../settings/compute.ts";
import { clockText } from "../sidebar/search-part.ts";

/** Milliseconds for which the status bar says what was queued. */
const SAID = 10_000;

/** Runs of ideas. @throws ProvingGroundError `cancelled` when the user would rather not, once it was said what they would take */
export async function runIdeas(lab: Lab, ideas: readonly Idea[]): Promise<void> {
  const target = defaultTarget();
  const each = Map.groupBy(ideas, (idea) => idea.environment);
  const say = await agreed(lab, each, target);
  for (const some of each.values()) await lab.link.request(runsEnqueue, { ideas: some.map(({ id }) => id), target });
  say();
}

/** A run of the unchanged code. @throws ProvingGroundError `cancelled`, as with ideas */
export async function runBaseline(lab: Lab, { name }: ValidEnvironment, presenter: Presenter): Promise<void> {
  const target = defaultTarget();
  const say = await agreed(lab, new Map([[name, [name]]]), target);
  const here = lab.snapshot?.targets.find((some) => some.name === LOCAL);
  // Other targets are prepared when a run gets there.
  if ((target === null || target === LOCAL) && here?.drained !== true) {
    await presenter.work(`Preparing ${name}`, (signal, onProgress) =>
      lab.link.request(environmentsSetup, { environment: name }, { signal, onProgress }),
    );
  }
  await lab.link.request(environmentsBaseline, { environment: name, target });
  say();
}

/** The same code and seeds again. @throws ProvingGroundError `cancelled`, as with ideas */
export async function runAgain(lab: Lab, runs: readonly Run[]): Promise<void> {
  const targets = new Set(runs.map(({ asked }) => asked));
  const target = targets.size === 1 ? (runs[0]?.asked ?? null) : null;
  const say = await agreed(
    lab,
    Map.groupBy(runs, (run) => run.environment),
    target,
  );
  await lab.link.request(runsRetry, { runs: runs.map(({ id }) => id) });
  say();
}

/**
 * Runs that take more than an hour in all, or that something stands against, are asked about; of others the forecast is said when they are queued.
 * @param wanted one entry for each run, by its environment
 * @returns says it in the status bar
 */
async function agreed(lab: Lab, wanted: ReadonlyMap<string, readonly unknown[]>, target: string | null): Promise<() => void> {
  const forecasts = await Promise.all(
    [...wanted].map(([environment, { length }]) => lab.link.request(runsForecast, { environment, runs: length, target })),
  );
  if (worthAsking(forecasts)) await ask(forecasts);
  return () => vscode.window.setStatusBarMessage(`$(run-all) ${words(forecasts).join("; ")}`, SAID);
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
