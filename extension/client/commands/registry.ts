/** Every command with the types of its arguments: a wrong id or argument does not compile. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";

/** Names an idea; tree rows are ones too. */
export interface IdeaRef {
  readonly lab: string;
  readonly idea: number;
}
/** Names a run; tree rows are ones too. */
export interface RunRef {
  readonly lab: string;
  readonly run: number;
}
/** Names a search; tree rows are ones too. */
export interface SearchRef {
  readonly lab: string;
  readonly search: number;
}
/** Names a compute target; tree rows are ones too. */
export interface TargetRef {
  readonly lab: string;
  readonly target: string;
}
/** Names an attempt at an idea. */
export interface AttemptRef extends IdeaRef {
  readonly attempt: number;
}
/** A place in a proposal under review; absent where the cursor's is meant. */
export interface HunkRef {
  readonly lab: string;
  readonly idea: number;
  readonly hunk: string;
}

type OnIdeas = [clicked?: IdeaRef, selected?: readonly IdeaRef[]];
type OnRuns = [clicked?: RunRef, selected?: readonly RunRef[]];
type OnSearches = [clicked?: SearchRef, selected?: readonly SearchRef[]];
type OnTargets = [clicked?: TargetRef, selected?: readonly TargetRef[]];
type OnReview = [review?: unknown];
/** Address of the log; the active editor's where it is absent. */
type OnLog = [log?: vscode.Uri];

/** Arguments by command id. Menus pass the clicked row and the selected ones; without any, the command asks. */
export interface Commands {
  "provingGround.generate": [];
  "provingGround.nextEpoch": [];
  "provingGround.writeIdea": [];
  "provingGround.implement": OnIdeas;
  "provingGround.implementAgain": OnIdeas;
  "provingGround.repair": OnIdeas;
  "provingGround.implementByHand": OnIdeas;
  "provingGround.tryAgain": OnIdeas;
  "provingGround.showAttempts": OnIdeas;
  "provingGround.openBeside": [attempt?: AttemptRef];
  "provingGround.openAnswer": [attempt?: AttemptRef];
  "provingGround.review": OnIdeas;
  "provingGround.approve": OnIdeas;
  "provingGround.discardProposal": OnIdeas;
  "provingGround.run": OnIdeas;
  "provingGround.openIdea": OnIdeas;
  "provingGround.openDiff": OnIdeas;
  "provingGround.reject": OnIdeas;
  "provingGround.restore": OnIdeas;
  "provingGround.duplicate": OnIdeas;
  "provingGround.useAsParents": OnIdeas;
  "provingGround.clearParents": [];
  "provingGround.pin": OnIdeas;
  "provingGround.ban": OnIdeas;
  "provingGround.unmark": OnIdeas;
  "provingGround.rebase": OnIdeas;
  "provingGround.admit": OnIdeas;
  "provingGround.admitAll": [];
  "provingGround.startSearch": [];
  "provingGround.changeSearch": OnSearches;
  "provingGround.pauseSearch": OnSearches;
  "provingGround.resumeSearch": OnSearches;
  "provingGround.stopSearch": OnSearches;
  "provingGround.goOn": OnSearches;
  "provingGround.groupByEpoch": [];
  "provingGround.groupByStatus": [];
  "provingGround.runBaseline": [];
  "provingGround.stop": OnRuns;
  "provingGround.retry": OnRuns;
  "provingGround.openLog": OnRuns;
  "provingGround.showEarlierLog": OnLog;
  "provingGround.showLaterLog": OnLog;
  "provingGround.followLog": OnLog;
  "provingGround.openWholeLog": OnLog;
  "provingGround.runFirst": OnRuns;
  "provingGround.moveUp": OnRuns;
  "provingGround.moveDown": OnRuns;
  "provingGround.runLast": OnRuns;
  "provingGround.moveToTarget": OnRuns;
  "provingGround.whyWaiting": OnRuns;
  "provingGround.stopAll": [];
  "provingGround.addTarget": [];
  "provingGround.checkTarget": OnTargets;
  "provingGround.drainTarget": OnTargets;
  "provingGround.resumeTarget": OnTargets;
  "provingGround.lookAtTarget": OnTargets;
  "provingGround.editTarget": OnTargets;
  "provingGround.removeTarget": OnTargets;
  "provingGround.openResults": [clicked?: Partial<IdeaRef> & { readonly environment?: string }];
  "provingGround.exportResults": [];
  "provingGround.acceptHunk": [hunk?: HunkRef];
  "provingGround.undoAccept": [hunk?: HunkRef];
  "provingGround.rejectHunk": [hunk?: HunkRef];
  "provingGround.nextHunk": OnReview;
  "provingGround.previousHunk": OnReview;
  "provingGround.acceptAll": OnReview;
  "provingGround.rejectAll": OnReview;
  "provingGround.approveReview": OnReview;
  "provingGround.chooseEnvironment": [];
  "provingGround.openEnvironment": [];
  "provingGround.checkEnvironment": [];
  "provingGround.addEnvironment": [];
  "provingGround.initRepository": [];
  "provingGround.addEndpoint": [];
  "provingGround.setApiKey": [provider?: string];
  "provingGround.reconnect": [];
  "provingGround.stopEngine": [];
  "provingGround.showLog": [];
}
export type CommandId = keyof Commands;

type OnRows = {
  [K in CommandId]: OnIdeas extends Commands[K]
    ? K
    : OnRuns extends Commands[K]
      ? K
      : OnSearches extends Commands[K]
        ? K
        : OnTargets extends Commands[K]
          ? K
          : never;
}[CommandId];
/** Commands that menus of trees call on rows; without a row they ask which is meant. */
const ON_ROWS: Record<OnRows, true> = {
  "provingGround.implement": true,
  "provingGround.implementAgain": true,
  "provingGround.repair": true,
  "provingGround.implementByHand": true,
  "provingGround.tryAgain": true,
  "provingGround.showAttempts": true,
  "provingGround.review": true,
  "provingGround.approve": true,
  "provingGround.discardProposal": true,
  "provingGround.run": true,
  "provingGround.openIdea": true,
  "provingGround.openDiff": true,
  "provingGround.reject": true,
  "provingGround.restore": true,
  "provingGround.duplicate": true,
  "provingGround.useAsParents": true,
  "provingGround.pin": true,
  "provingGround.ban": true,
  "provingGround.unmark": true,
  "provingGround.rebase": true,
  "provingGround.admit": true,
  "provingGround.changeSearch": true,
  "provingGround.pauseSearch": true,
  "provingGround.resumeSearch": true,
  "provingGround.stopSearch": true,
  "provingGround.goOn": true,
  "provingGround.stop": true,
  "provingGround.retry": true,
  "provingGround.openLog": true,
  "provingGround.runFirst": true,
  "provingGround.moveUp": true,
  "provingGround.moveDown": true,
  "provingGround.runLast": true,
  "provingGround.moveToTarget": true,
  "provingGround.whyWaiting": true,
  "provingGround.checkTarget": true,
  "provingGround.drainTarget": true,
  "provingGround.resumeTarget": true,
  "provingGround.lookAtTarget": true,
  "provingGround.editTarget": true,
  "provingGround.removeTarget": true,
};

export type Handlers = { [K in CommandId]?: (...parameters: Commands[K]) => unknown };

/**
 * Registers handlers; whatever one throws is shown to the user.
 * @returns disposes of all of them
 */
export function registerCommands(handlers: Handlers, onError: (error: unknown) => void): vscode.Disposable {
  const registered = Object.entries(handlers).map(([id, handler]) =>
    vscode.commands.registerCommand(id, async (...parameters: unknown[]) => {
      try {
        if (id in ON_ROWS && isLost(parameters)) {
          throw new ProvingGroundError("usage", "the list changed at the moment of the click; nothing was done", { hint: "Click again." });
        }
        return await (handler as (...parameters: unknown[]) => unknown)(...parameters);
      } catch (error) {
        onError(error);
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

/** Menus of a tree pass the clicked row and the selection; a row that the tree is just drawing anew arrives as nothing. */
function isLost(parameters: readonly unknown[]): boolean {
  return parameters.length === 2 && parameters.every((parameter) => parameter === undefined || parameter === null);
}

/** Runs one of our own commands. */
export async function execute<K extends CommandId>(id: K, ...parameters: Commands[K]): Promise<void> {
  await vscode.commands.executeCommand(id, ...parameters);
}

/** The same as a value that CodeLens and tree items carry. */
export function commandTo<K extends CommandId>(id: K, title: string, ...parameters: Commands[K]): vscode.Command {
  return { command: id, title, arguments: parameters };
}
