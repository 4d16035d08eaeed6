/** Commands on a log that is open: to its parts, to its end, and to the file that it is. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { addressOf } from "../documents/file-system.ts";
import type { Logs } from "../documents/logs.ts";
import { openWholeLog } from "../documents/whole-log.ts";
import type { Labs } from "../engine/labs.ts";
import type { Contribution } from "../lifecycle.ts";
import type { Presenter } from "../present.ts";
import { registerCommands } from "./registry.ts";

export interface LogParts {
  labs: Labs;
  logs: Logs;
  presenter: Presenter;
}

export const logCommands =
  ({ labs, logs, presenter }: LogParts): Contribution =>
  (owner) => {
    owner.add(
      registerCommands(
        {
          "provingGround.showEarlierLog": (log) => logs.earlier(meant(log).uri),
          "provingGround.showLaterLog": (log) => logs.later(meant(log).uri),
          "provingGround.followLog": (log) => logs.toEnd(meant(log).uri),
          "provingGround.openWholeLog": async (log) => {
            const { lab, run } = meant(log);
            await openWholeLog(await labs.find(lab), run);
          },
        },
        presenter.error,
      ),
    );
  };

/** The log that a command is about. @throws ProvingGroundError `usage` when the active editor shows none */
function meant(clicked: vscode.Uri | undefined): { uri: vscode.Uri; lab: string; run: number } {
  const uri = clicked instanceof vscode.Uri ? clicked : vscode.window.activeTextEditor?.document.uri;
  const address = uri === undefined ? null : addressOf(uri);
  if (uri === undefined || address?.kind !== "log") {
    throw new ProvingGroundError("usage", "the active editor shows no log of a run", { hint: "Open a run's log first." });
  }
  return { uri, lab: address.lab, run: address.run };
}
