/** Commands on runs: the baseline, stopping, retrying, logs, order. */
import * as vscode from "vscode";
import { environmentsBaseline, environmentsSetup, runsReorder, runsRetry, runsStop } from "../../protocol/methods.ts";
import type { Run } from "../../protocol/run.ts";
import { ENDED } from "../../protocol/run.ts";
import { openLog } from "../documents/contribution.ts";
import { counted } from "../../protocol/format.ts";
import type { Contribution } from "../lifecycle.ts";
import type { Presenter } from "../present.ts";
import type { Ideation } from "../sidebar/ideation.ts";
import { registerCommands } from "./registry.ts";
import type { Targets } from "./targets.ts";

export interface RunParts {
  ideation: Ideation;
  presenter: Presenter;
  targets: Targets;
}

const alive = (run: Run) => !ENDED.has(run.state);
const ended = (run: Run) => ENDED.has(run.state);
const ids = (runs: readonly Run[]) => runs.map((run) => run.id);

export const runCommands =
  ({ ideation, presenter, targets }: RunParts): Contribution =>
  (owner) => {
    owner.add(
      registerCommands(
        {
          "provingGround.runBaseline": async () => {
            const { lab, environment } = ideation.need();
            await presenter.work(`Preparing ${environment.name}`, (signal, onProgress) =>
              lab.link.request(environmentsSetup, { environment: environment.name }, { signal, onProgress }),
            );
            await lab.link.request(environmentsBaseline, { environment: environment.name });
          },
          "provingGround.stop": async (clicked, selected) => {
            const { lab, items } = await targets.runs(clicked, selected, alive, "Stop runs");
            await lab.link.request(runsStop, { runs: ids(items) });
          },
          "provingGround.stopAll": async () => {
            const { lab } = ideation.need();
            const runs = (lab.snapshot?.runs ?? []).filter(alive);
            if (runs.length === 0) {
              void presenter.say("info", "Nothing is running or queued.");
              return;
            }
            const stop = "Stop All";
            const chosen = await vscode.window.showWarningMessage(`Stop ${counted(runs.length, "run")}?`, { modal: true }, stop);
            if (chosen === stop) await lab.link.request(runsStop, { runs: ids(runs) });
          },
          "provingGround.retry": async (clicked, selected) => {
            const { lab, items } = await targets.runs(clicked, selected, ended, "Run again");
            await lab.link.request(runsRetry, { runs: ids(items) });
          },
          "provingGround.openLog": async (clicked) => {
            const { lab, items } = await targets.runs(clicked, undefined, (run) => run.startedAt !== null, "Open a run's log", false);
            for (const { id } of items) await openLog(lab, id);
          },
          "provingGround.runFirst": async (clicked) => {
            const { lab, items } = await targets.runs(clicked, undefined, (run) => run.state === "queued", "Run first", false);
            const queued = (lab.snapshot?.runs ?? []).filter((run) => run.state === "queued");
            const [first] = queued.toSorted((a, b) => a.position - b.position || a.id - b.id);
            await lab.link.request(runsReorder, { runs: ids(items), before: first?.id ?? null });
          },
        },
        presenter.error,
      ),
    );
  };
