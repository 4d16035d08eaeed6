/** Every context key that menus and welcome texts depend on. */
import * as vscode from "vscode";

export interface ContextKeys {
  /** What the views are to say when they are empty. */
  "provingGround.state": "untrusted" | "no-folder" | "no-repository" | "connecting" | "offline" | "no-environment" | "broken" | "ready";
  "provingGround.grouping": "epoch" | "status";
  /** More than one environment can be chosen. */
  "provingGround.severalEnvironments": boolean;
  /** Something waits that a human could let pass. */
  "provingGround.canPass": boolean;
  /** A search of the current lab runs, is paused, or waits until a human has looked at its parents. */
  "provingGround.searchRunning": boolean;
  "provingGround.searchPaused": boolean;
  "provingGround.searchAsks": boolean;
  /** There are compute targets beside this machine. */
  "provingGround.severalTargets": boolean;
  /** A compute target takes no runs until it is resumed. */
  "provingGround.someDrained": boolean;
  /** A file of a proposal under review, or the review of several files, is in front. */
  "provingGround.inReview": boolean;
  /** Paths of the working copies under review. */
  "provingGround.reviewFiles": readonly string[];
}

const known = new Map<string, string>();

/** Sets a key; setting it to what it already is costs nothing. */
export function setContext<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): void {
  const text = JSON.stringify(value);
  if (known.get(key) === text) return;
  known.set(key, text);
  void vscode.commands.executeCommand("setContext", key, value);
}
