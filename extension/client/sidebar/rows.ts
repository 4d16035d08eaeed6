/** What a row of the sidebar's trees holds, before it becomes one of the editor's tree items. */
import type { IdeaRef, RunRef, SearchRef, TargetRef } from "../commands/registry.ts";

/** Names of the editor's icons and of theme colours. */
export interface Icon {
  id: string;
  color?: string;
}

interface Base {
  /** Stable across refreshes, so that expansion and selection survive. */
  id: string;
  label: string;
  description: string;
  /** Markdown; user text in it is escaped. */
  tooltip: string;
  icon: Icon | null;
  /** Words that menus test: what can be done with the row. */
  context: string;
}

export interface GroupRow extends Base {
  kind: "group";
  children: Row[];
}
/** A compute target with what is in it. */
export interface TargetRow extends Base, TargetRef {
  kind: "target";
  children: Row[];
  /** Whether its children are out of sight until it is opened. */
  folded: boolean;
}
export interface IdeaRow extends Base, IdeaRef {
  kind: "idea";
  /** What a click on it opens; its text unless said otherwise. */
  opens?: "review" | "diff";
}
export interface RunRow extends Base, RunRef {
  kind: "run";
  /** Idea that it executes, where commands on ideas are offered too. */
  idea?: number;
}
export interface SearchRow extends Base, SearchRef {
  kind: "search";
  environment: string;
}
export interface PlainRow extends Base {
  kind: "plain";
}
export type Row = GroupRow | TargetRow | IdeaRow | RunRow | SearchRow | PlainRow;

/** Text as Markdown that shows exactly it. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~&$]/g, "\\$&");
}

/**
 * A tree draws the description behind the label and cuts what does not fit, so a long title must leave room for the result in a
 * side bar of the usual width; the tooltip has all of it.
 * @param most characters
 */
export function shortened(title: string, most: number): string {
  return title.length <= most ? title : `${title.slice(0, most - 1).trimEnd()}…`;
}

/** Whether rows can be below a row. */
export function hasChildren(row: Row): row is GroupRow | TargetRow {
  return row.kind === "group" || row.kind === "target";
}
