/** Commands on runs: the baseline, stopping, retrying, logs, order. */
import * as vscode from "vscode";
import { runsStop } from "../../protocol/methods.ts";
import type { Run } from "../../protocol/run.ts";
import { ENDED } from "../../protocol/run.ts";
import { openLog } from "../documents/contribution.ts";
import { counted } from "../../protocol/format.ts";
import type { Contribution } from "../lifecycle.ts";
import type { Presenter } from "../present.ts";
import type { Ideation } from "../sidebar/ideation.ts";
import { queueHandlers } from "./queue.ts";
import type { QueueParts } from "./queue.ts";
import { registerCommands } from "./registry.ts";
import { runAgain, runBaseline } from "./running.ts";

export interface RunParts extends QueueParts {
  ideation: Ideation;
  presenter: Presenter;
}

const alive = (run: Run) => !ENDED.has(run.state);
const ended = (run: Run) => ENDED.has(run.state);
const ids = (runs: readonly Run[]) => runs.map((run) => run.id);

export const runCommands =
  (parts: RunParts): Contribution =>
  (owner) => {
    const { ideation, presenter, targets } = parts;
    owner.add(
      registerCommands(
        {
          ...queueHandlers(parts),
          "provingGround.runBaseline": async () => {
            const { lab, environment } = ideation.need();
            await runBaseline(lab, environment, presenter);
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
            await runAgain(lab, items);
          },
          "provingGround.openLog": async (clicked) => {
            const { lab, items } = await targets.runs(clicked, undefined, (run) => run.startedAt !== null, "Open a run's log", false);
            for (const { id } of items) await openLog(lab, id);
          },
        },
        presenter.error,
      ),
    );
  };
