/** Composes the client: every part is contributed on its own, and the failure of one leaves the others standing. */
import * as vscode from "vscode";
import { ideaCommands } from "./client/commands/ideas.ts";
import { logCommands } from "./client/commands/logs.ts";
import { searchCommands } from "./client/commands/searches.ts";
import { computeCommands } from "./client/commands/compute.ts";
import { runCommands } from "./client/commands/runs.ts";
import { setupCommands } from "./client/commands/setup.ts";
import { Targets } from "./client/commands/targets.ts";
import { documents } from "./client/documents/contribution.ts";
import { LabFileSystem } from "./client/documents/file-system.ts";
import { Current } from "./client/engine/current.ts";
import { Labs } from "./client/engine/labs.ts";
import { contributeEach, Disposables } from "./client/lifecycle.ts";
import { Presenter } from "./client/present.ts";
import { results } from "./client/results/contribution.ts";
import { review } from "./client/review/contribution.ts";
import { Reviews } from "./client/review/reviews.ts";
import { ComputeTargets } from "./client/settings/compute.ts";
import { EditorModels } from "./client/settings/editor-models.ts";
import { Models } from "./client/settings/models.ts";
import { problems } from "./client/settings/problems.ts";
import { Composer } from "./client/sidebar/composer.ts";
import { Ideation } from "./client/sidebar/ideation.ts";
import { Searching } from "./client/sidebar/searching.ts";
import { waiting } from "./client/sidebar/waiting.ts";
import { notices } from "./client/sidebar/notices.ts";
import { status } from "./client/sidebar/status.ts";
import { ChosenRuns, groupingChoice, trees } from "./client/sidebar/trees.ts";

/** Called by the editor when a view, a command or an `environment.yaml` in the workspace asks for the extension. */
export function activate(context: vscode.ExtensionContext): void {
  const owner = new Disposables();
  context.subscriptions.push(owner);
  const { extensionUri: extension, workspaceState: memento } = context;
  const log = owner.add(vscode.window.createOutputChannel("Proving Ground", { log: true }));
  const presenter = new Presenter(log);
  const editorModels = owner.add(new EditorModels(context.languageModelAccessInformation, (error) => log.error(error as Error)));
  const models = owner.add(new Models(context.secrets, editorModels));
  const computeTargets = new ComputeTargets(context.globalState);
  const labs = owner.add(
    new Labs({
      engineScript: vscode.Uri.joinPath(extension, "dist", "engine.mjs").fsPath,
      version: (context.extension.packageJSON as { version: string }).version,
      log,
      prepare: async (connection, repository) => {
        await models.prepare(connection);
        await computeTargets.prepare(connection, repository);
      },
    }),
  );
  const current = owner.add(new Current(labs, memento));
  const ideation = owner.add(new Ideation(current, labs, memento));
  const searching = owner.add(new Searching(current, ideation, memento));
  const files = owner.add(new LabFileSystem(labs));
  const reviews = owner.add(new Reviews(labs, presenter.error));
  const composer = owner.add(new Composer({ extension, labs, current, ideation, searching, models, onError: presenter.error }));
  const targets = new Targets(labs, current);
  const regrouped = owner.add(new vscode.EventEmitter<void>());
  const grouping = groupingChoice(memento, regrouped);
  const chosen = new ChosenRuns();
  const composing = () => composer.visible;

  contributeEach(
    owner,
    {
      documents: documents(files, labs),
      composer: (own) => void own.add(vscode.window.registerWebviewViewProvider(Composer.view, composer)),
      waiting: waiting(labs, current, presenter),
      trees: trees({ current, grouping, onDidChangeGrouping: regrouped.event, chosen, onError: presenter.error }),
      review: review({ labs, reviews, presenter, memento }),
      results: results({ extension, labs, current, ideation, onError: presenter.error }, memento),
      "commands on ideas": ideaCommands({ files, labs, ideation, models, presenter, reviews, targets, composing }),
      "commands on runs": runCommands({ ideation, presenter, targets, chosen }),
      "commands on targets": computeCommands({ presenter, targets, labs, current }),
      "commands on logs": logCommands({ labs, logs: files.logs, presenter }),
      "commands on searches": searchCommands({ ideation, presenter, reviews, searching, targets }),
      "commands of setup": setupCommands({ extension, labs, current, ideation, models, presenter, grouping, log }),
      status: status(labs, current),
      notices: notices(labs, presenter),
      problems: problems(labs, presenter.error),
      models: (own) => void own.add(models.follow(labs, presenter.error)),
    },
    (name, error) => log.error(`${name} could not be added`, error),
  );
  void labs.look();
}
