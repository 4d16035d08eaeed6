/** The trees Ideas, Runs and Compute: rows become the editor's items, refreshed when the lab changes. */
import * as vscode from "vscode";
import type { Current } from "../engine/current.ts";
import { environmentId } from "../engine/current.ts";
import type { Contribution, Disposables } from "../lifecycle.ts";
import { setContext } from "../settings/context-keys.ts";
import type { Grouping } from "./idea-rows.ts";
import { ideaRows } from "./idea-rows.ts";
import { runsWhy } from "../../protocol/methods.ts";
import { RowTree } from "./row-tree.ts";
import type { Row, RunRow } from "./rows.ts";
import { QueueDrop } from "./queue-drop.ts";
import { runRows } from "./run-rows.ts";
import { clockText } from "./search-part.ts";
import { targetRows } from "./target-rows.ts";

const GROUPING = "provingGround.grouping";
/** Milliseconds between refreshes of elapsed times while the runs are in view. */
const TICK = 1000;

export interface GroupingChoice {
  get(): Grouping;
  set(grouping: Grouping): void;
}

export interface TreesParts {
  current: Current;
  grouping: GroupingChoice;
  onDidChangeGrouping: vscode.Event<void>;
  chosen: ChosenRuns;
  onError: (error: unknown) => void;
}

/** The runs that are selected in their tree: what the keyboard's commands are about. */
export class ChosenRuns {
  rows: readonly RunRow[] = [];
}

/** Registers the three trees. */
export const trees =
  ({ current, grouping, onDidChangeGrouping, chosen, onError }: TreesParts): Contribution =>
  (owner) => {
    const ideas = new RowTree(() => {
      const { lab, any } = current;
      if (lab?.snapshot == null) return [];
      const parents = new Set(any === null ? [] : (lab.snapshot.parents[any.name] ?? []));
      return ideaRows(lab.key, lab.snapshot.ideas, any, grouping.get(), parents, lab.snapshot.searches);
    });
    const runs = new RowTree(
      () => {
        const snapshot = current.lab?.snapshot;
        return snapshot == null || current.lab === undefined ? [] : runRows(current.lab.key, snapshot, Date.now());
      },
      async ({ run }) => (await current.lab?.link.request(runsWhy, { run }))?.reasons ?? [],
    );
    const compute = new RowTree(() => {
      const { lab } = current;
      const now = Date.now();
      return lab?.snapshot == null ? [] : targetRows(lab.key, lab.snapshot, now, (at) => clockText(at, now));
    });
    const options = { showCollapseAll: false };
    const ideasView = owner.add(
      vscode.window.createTreeView("provingGround.ideas", {
        ...options,
        treeDataProvider: ideas,
        canSelectMany: true,
        showCollapseAll: true,
      }),
    );
    const runsView = owner.add(
      vscode.window.createTreeView("provingGround.runs", {
        ...options,
        treeDataProvider: runs,
        canSelectMany: true,
        dragAndDropController: new QueueDrop(current, onError),
      }),
    );
    owner.add(
      runsView.onDidChangeSelection(({ selection }) => {
        chosen.rows = selection.filter((row) => row.kind === "run");
      }),
    );
    const computeView = owner.add(vscode.window.createTreeView("provingGround.compute", { ...options, treeDataProvider: compute }));
    const show = () => {
      ideas.refresh();
      runs.refresh();
      compute.refresh();
      ideasView.description = current.choices.length > 1 ? describeCurrent(current) : "";
      runsView.description = countRuns(current);
    };
    owner.add(current.onDidChange(show));
    owner.add(
      onDidChangeGrouping(() => {
        ideas.refresh();
      }),
    );
    show();
    tickWhileRunning(owner, runsView, runs, current);
    tickWhileRunning(owner, computeView, compute, current);
  };

/** Grouping of the ideas, remembered per workspace. */
export function groupingChoice(memento: vscode.Memento, changed: vscode.EventEmitter<void>): GroupingChoice {
  let grouping: Grouping = memento.get<string>(GROUPING) === "status" ? "status" : "epoch";
  setContext("provingGround.grouping", grouping);
  return {
    get: () => grouping,
    set: (next) => {
      grouping = next;
      setContext("provingGround.grouping", next);
      void memento.update(GROUPING, next);
      changed.fire();
    },
  };
}

function tickWhileRunning(owner: Disposables, view: vscode.TreeView<Row>, rows: RowTree, current: Current): void {
  const timer = setInterval(() => {
    const busy = current.lab?.snapshot?.runs.some((run) => run.state === "running" || run.state === "starting") ?? false;
    if (view.visible && busy) rows.refresh();
  }, TICK);
  owner.add({ dispose: () => clearInterval(timer) });
}

function describeCurrent(current: Current): string {
  const { lab, any } = current;
  return lab === undefined || any === null ? "" : environmentId(lab, any.name);
}

function countRuns(current: Current): string {
  const all = current.lab?.snapshot?.runs ?? [];
  const running = all.filter((run) => run.state === "running" || run.state === "starting").length;
  const queued = all.filter((run) => run.state === "queued").length;
  return running + queued === 0 ? "" : `${running} running · ${queued} queued`;
}
