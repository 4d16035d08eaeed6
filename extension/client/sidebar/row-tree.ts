/** A tree of the side bar: rows become the editor's items, and only those that differ are drawn again. */
import * as vscode from "vscode";
import { commandTo } from "../commands/registry.ts";
import { reconcile } from "./reconcile.ts";
import { escapeMarkdown, hasChildren } from "./rows.ts";
import type { Row, RunRow } from "./rows.ts";

/** Why a run waits, one reason an entry; asked when somebody points at its row. */
export type Reasons = (row: RunRow) => Promise<string[]>;

export class RowTree implements vscode.TreeDataProvider<Row> {
  readonly #collect: () => Row[];
  readonly #reasons: Reasons | null;
  #rows: Row[] = [];
  readonly #changed = new vscode.EventEmitter<Row[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(collect: () => Row[], reasons: Reasons | null = null) {
    this.#collect = collect;
    this.#reasons = reasons;
  }

  refresh(): void {
    const { rows, changed } = reconcile(this.#rows, this.#collect());
    this.#rows = rows;
    if (changed === null) this.#changed.fire(undefined);
    else if (changed.length > 0) this.#changed.fire(changed);
  }

  getChildren(row?: Row): Row[] {
    if (row === undefined) return this.#rows;
    return hasChildren(row) ? row.children : [];
  }

  getTreeItem(row: Row): vscode.TreeItem {
    const item = new vscode.TreeItem(row.label, stateOf(row));
    item.id = row.id;
    item.description = row.description;
    item.contextValue = row.context;
    // One without a tooltip is asked for it when somebody points at the row.
    if (!this.#isAsked(row)) item.tooltip = tooltipOf(row);
    if (row.icon !== null) {
      item.iconPath = new vscode.ThemeIcon(row.icon.id, row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color));
    }
    item.accessibilityInformation = { label: [row.label, row.description].filter((part) => part !== "").join(", ") };
    const command = opening(row);
    if (command !== null) item.command = command;
    return item;
  }

  async resolveTreeItem(item: vscode.TreeItem, row: Row): Promise<vscode.TreeItem> {
    if (!this.#isAsked(row)) return item;
    // Without an engine the row still says what is known.
    const reasons = (await this.#reasons?.(row).catch(() => [])) ?? [];
    item.tooltip = tooltipOf(row, reasons);
    return item;
  }

  #isAsked(row: Row): row is RunRow {
    return this.#reasons !== null && row.kind === "run" && /\bwhy\b/.test(row.context);
  }
}

function tooltipOf({ label, tooltip }: Row, reasons: readonly string[] = []): vscode.MarkdownString {
  return new vscode.MarkdownString([tooltip === "" ? escapeMarkdown(label) : tooltip, ...reasons.map(escapeMarkdown)].join("\n\n"));
}

function stateOf(row: Row): vscode.TreeItemCollapsibleState {
  if (!hasChildren(row) || row.children.length === 0) return vscode.TreeItemCollapsibleState.None;
  const folded = row.kind === "target" && row.folded;
  return folded ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.Expanded;
}

/** What a click on a row opens. */
function opening(row: Row): vscode.Command | null {
  switch (row.kind) {
    case "idea":
      if (row.opens === "review") return commandTo("provingGround.review", "Review", row);
      return row.opens === "diff"
        ? commandTo("provingGround.openDiff", "Show Diff", row)
        : commandTo("provingGround.openIdea", "Open", row);
    case "run":
      return row.context.includes("log") ? commandTo("provingGround.openLog", "Open Log", row) : null;
    case "search":
      return commandTo("provingGround.openResults", "Open Results", { lab: row.lab, environment: row.environment });
    default:
      return null;
  }
}
