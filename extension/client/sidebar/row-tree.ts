/** A tree of the side bar: rows become the editor's items, and only those that differ are drawn again. */
import * as vscode from "vscode";
import { commandTo } from "../commands/registry.ts";
import { reconcile } from "./reconcile.ts";
import { escapeMarkdown } from "./rows.ts";
import type { Row } from "./rows.ts";

export class RowTree implements vscode.TreeDataProvider<Row> {
  readonly #collect: () => Row[];
  #rows: Row[] = [];
  readonly #changed = new vscode.EventEmitter<Row[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(collect: () => Row[]) {
    this.#collect = collect;
  }

  refresh(): void {
    const { rows, changed } = reconcile(this.#rows, this.#collect());
    this.#rows = rows;
    if (changed === null) this.#changed.fire(undefined);
    else if (changed.length > 0) this.#changed.fire(changed);
  }

  getChildren(row?: Row): Row[] {
    if (row === undefined) return this.#rows;
    return row.kind === "group" ? row.children : [];
  }

  getTreeItem(row: Row): vscode.TreeItem {
    const open = row.kind === "group" && row.children.length > 0;
    const item = new vscode.TreeItem(row.label, open ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None);
    item.id = row.id;
    item.description = row.description;
    item.contextValue = row.context;
    item.tooltip = new vscode.MarkdownString(row.tooltip === "" ? escapeMarkdown(row.label) : row.tooltip);
    if (row.icon !== null) {
      item.iconPath = new vscode.ThemeIcon(row.icon.id, row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color));
    }
    item.accessibilityInformation = { label: [row.label, row.description].filter((part) => part !== "").join(", ") };
    const command = opening(row);
    if (command !== null) item.command = command;
    return item;
  }
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
