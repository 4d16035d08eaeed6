/** Opens results panels, one per lab, and brings them back after a reload. */
import * as vscode from "vscode";
import * as z from "zod";
import type { IdeaRef } from "../commands/registry.ts";
import { registerCommands } from "../commands/registry.ts";
import type { Lab } from "../engine/lab.ts";
import { Disposables } from "../lifecycle.ts";
import type { Contribution } from "../lifecycle.ts";
import { webviewFolder } from "../webview-page.ts";
import { exportResults } from "./export.ts";
import { ResultsPanel } from "./panel.ts";
import type { PanelParts } from "./panel.ts";

const TYPE = "provingGround.results";
const MEMORY = "provingGround.results";

/** What a panel showed, by lab: a page that comes back has lost it, and the window's memory has not. */
const Shown = z.object({ lab: z.string(), environment: z.string() });

export const results =
  (parts: PanelParts, memento: vscode.Memento): Contribution =>
  (owner) => {
    const { labs, current, ideation } = parts;
    const panels = owner.add(new Panels(parts));
    owner.add(
      vscode.window.registerWebviewPanelSerializer(TYPE, {
        deserializeWebviewPanel: async (panel) => {
          await labs.ready();
          const shown = Shown.safeParse(memento.get(MEMORY)).data;
          const lab = labs.byKey(shown?.lab ?? "") ?? labs.all[0];
          // A panel of a lab that is not here any more, or not trusted any more, has nothing to show.
          if (lab === undefined) panel.dispose();
          else panels.add(panel, lab, shown?.environment ?? "");
        },
      }),
    );
    owner.add(
      registerCommands(
        {
          "provingGround.openResults": (ref) => {
            const lab = ref?.lab === undefined ? undefined : labs.byKey(ref.lab);
            const needed = lab ?? ideation.need().lab;
            const environment = ref?.environment ?? environmentOf(needed, ref) ?? ideation.need().environment.name;
            panels.open(needed, environment, ref?.idea);
            void memento.update(MEMORY, { lab: needed.key, environment });
          },
          "provingGround.exportResults": async () => {
            const { lab, environment } = ideation.need();
            const formats = [
              { label: "CSV", description: "one row per idea, for spreadsheets", format: "csv" as const },
              { label: "JSON", description: "everything, for programs", format: "json" as const },
            ];
            const picked = await vscode.window.showQuickPick(formats, { title: `Export results of ${environment.name}` });
            if (picked !== undefined) await exportResults(lab, environment.name, picked.format);
          },
        },
        parts.onError,
      ),
    );
    owner.add(
      current.onDidChange(() => {
        const front = panels.active;
        if (front !== undefined) void memento.update(MEMORY, { lab: front.lab.key, environment: front.environment });
      }),
    );
  };

function environmentOf(lab: Lab, ref: Partial<IdeaRef> | undefined): string | undefined {
  return lab.snapshot?.ideas.find((idea) => idea.id === ref?.idea)?.environment;
}

class Panels implements vscode.Disposable {
  readonly #parts: PanelParts;
  readonly #owner = new Disposables();
  readonly #open = new Map<Lab, ResultsPanel>();

  constructor(parts: PanelParts) {
    this.#parts = parts;
  }

  get active(): ResultsPanel | undefined {
    return [...this.#open.values()].find((panel) => panel.active);
  }

  open(lab: Lab, environment: string, idea?: number): void {
    const panel = this.#open.get(lab) ?? this.add(this.#create(), lab, environment);
    panel.show(environment, idea);
  }

  add(panel: vscode.WebviewPanel, lab: Lab, environment: string): ResultsPanel {
    const results = new ResultsPanel(this.#parts, panel, lab, environment);
    this.#open.set(lab, results);
    results.onDidDispose(() => this.#open.delete(lab));
    return this.#owner.add(results);
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #create(): vscode.WebviewPanel {
    return vscode.window.createWebviewPanel(TYPE, "Results", vscode.ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [webviewFolder(this.#parts.extension)],
    });
  }
}
