/** How failures and long work are shown: what happened and what to do, and progress that can be cancelled. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../protocol/errors.ts";
import type { ProgressReport } from "../protocol/methods.ts";
import { messageOf } from "../protocol/message.ts";

/** A way out that the error itself suggests. */
const WAYS_OUT: Partial<Record<ProvingGroundError["code"], { label: string; command: string }>> = {
  untrusted: { label: "Manage Workspace Trust", command: "workbench.trust.manage" },
  "no-key": { label: "Set API Key", command: "provingGround.setApiKey" },
  "engine-unreachable": { label: "Show Log", command: "provingGround.showLog" },
  internal: { label: "Show Log", command: "provingGround.showLog" },
  "dirty-baseline": { label: "Show Changes", command: "workbench.view.scm" },
};

export class Presenter {
  readonly #log: vscode.LogOutputChannel;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
  }

  /** Shows any thrown value; what the user cancelled is no news. */
  readonly error = (thrown: unknown): void => {
    const error = ProvingGroundError.from(thrown);
    if (error.code === "cancelled" || thrown instanceof vscode.CancellationError) return;
    this.#log.error(`${error.code}: ${messageOf(error)}`);
    if (error.cause instanceof Error) this.#log.debug(error.cause.stack ?? error.cause.message);
    const way = WAYS_OUT[error.code];
    void vscode.window.showErrorMessage(messageOf(error), ...(way === undefined ? [] : [way.label])).then((chosen) => {
      if (way !== undefined && chosen === way.label) void vscode.commands.executeCommand(way.command);
    });
  };

  /** Says something with buttons that run our commands. Resolves when the message is gone. */
  async say(level: "info" | "warning" | "error", message: string, actions: Partial<Record<string, () => unknown>> = {}): Promise<void> {
    const show = {
      info: vscode.window.showInformationMessage,
      warning: vscode.window.showWarningMessage,
      error: vscode.window.showErrorMessage,
    };
    const chosen = await show[level](message, ...Object.keys(actions));
    try {
      if (chosen !== undefined) await actions[chosen]?.();
    } catch (error) {
      this.error(error);
    }
  }

  /** Runs work with a progress notification that can be cancelled; its reports move the bar. */
  work<T>(title: string, work: (signal: AbortSignal, onProgress: (report: ProgressReport) => void) => Promise<T>): Promise<T> {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    return Promise.resolve(
      vscode.window.withProgress(options, (progress, token) => {
        const aborter = new AbortController();
        token.onCancellationRequested(() => aborter.abort());
        let reached = 0;
        return work(aborter.signal, ({ message, done, total }) => {
          const share = done !== undefined && total !== undefined && total > 0 ? (100 * done) / total : reached;
          progress.report({
            message: done === undefined || total === undefined ? message : `${message} (${done}/${total})`,
            increment: share - reached,
          });
          reached = Math.max(share, reached);
        });
      }),
    );
  }
}
