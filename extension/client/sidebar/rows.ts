/** What a row of the sidebar's trees holds, before it becomes one of the editor's tree items. */
import type { IdeaRef, RunRef } from "../commands/registry.ts";

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
export interface IdeaRow extends Base, IdeaRef {
  kind: "idea";
}
export interface RunRow extends Base, RunRef {
  kind: "run";
}
export interface PlainRow extends Base {
  kind: "plain";
}
export type Row = GroupRow | IdeaRow | RunRow | PlainRow;

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
