/** The status bar's text and the state that empty views depend on. */
import * as vscode from "vscode";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import type { Target } from "../../protocol/run.ts";
import type { Search } from "../../protocol/search.ts";
import { waitingIn, waitingSummary } from "../../protocol/waiting.ts";
import { commandTo } from "../commands/registry.ts";
import type { Current } from "../engine/current.ts";
import type { Labs } from "../engine/labs.ts";
import type { LinkState } from "../engine/link.ts";
import type { Contribution } from "../lifecycle.ts";
import type { ContextKeys } from "../settings/context-keys.ts";
import { setContext } from "../settings/context-keys.ts";
import { awayText, statusText } from "./status-text.ts";

type State = ContextKeys["provingGround.state"];

/** Keeps status bar and context keys with the current lab. */
export const status =
  (labs: Labs, current: Current): Contribution =>
  (owner) => {
    const item = owner.add(vscode.window.createStatusBarItem("provingGround.status", vscode.StatusBarAlignment.Left, 10));
    item.name = "Proving Ground";
    item.command = commandTo("provingGround.openResults", "Open Results");
    const show = () => {
      setContext("provingGround.state", stateOf(labs, current));
      setContext("provingGround.severalEnvironments", current.choices.length > 1);
      const { lab, environment } = current;
      setTargetKeys(lab?.snapshot?.targets ?? []);
      setSearchKeys(lab?.snapshot?.searches ?? []);
      if (lab?.snapshot == null || environment === null) {
        item.hide();
        return;
      }
      const offline = lab.link.state.kind === "offline";
      const away = offline ? "" : awayText(lab.snapshot);
      const text = [away, statusText(lab.snapshot, environment)].filter((part) => part !== "").join(" · ");
      item.text = `$(${offline ? "debug-disconnect" : away === "" ? "beaker" : "warning"}) ${text}`;
      item.backgroundColor = away === "" ? undefined : new vscode.ThemeColor("statusBarItem.warningBackground");
      item.tooltip = tooltip(lab.snapshot, environment, lab.link.state);
      item.accessibilityInformation = { label: `Proving Ground: ${text}` };
      item.show();
    };
    owner.add(current.onDidChange(show));
    show();
  };

function setTargetKeys(targets: readonly Target[]): void {
  setContext("provingGround.severalTargets", targets.length > 1);
  setContext(
    "provingGround.someDrained",
    targets.some(({ drained }) => drained),
  );
}

function setSearchKeys(searches: readonly Search[]): void {
  const some = (test: (search: Search) => boolean) => searches.some(test);
  setContext(
    "provingGround.searchRunning",
    some(({ state }) => state === "running"),
  );
  setContext(
    "provingGround.searchPaused",
    some(({ state }) => state === "paused"),
  );
  setContext(
    "provingGround.searchAsks",
    some(({ asksForParents }) => asksForParents),
  );
}

function stateOf(labs: Labs, current: Current): State {
  const { obstacle } = labs;
  if (obstacle !== null) return obstacle.kind === "looking" ? "connecting" : obstacle.kind;
  const { lab } = current;
  if (lab?.snapshot == null) {
    const state = lab?.link.state;
    return state?.kind === "offline" && !state.trying ? "offline" : "connecting";
  }
  if (current.any === null) return "no-environment";
  return current.any.state === "broken" ? "broken" : "ready";
}

function tooltip(snapshot: Snapshot, environment: ValidEnvironment, state: LinkState): vscode.MarkdownString {
  const failed = snapshot.runs.filter((run) => run.state === "failed" && run.environment === environment.name).length;
  const waiting = waitingSummary(waitingIn(snapshot, environment.name));
  const lines = [
    `**${environment.manifest.title}**, epoch ${environment.epoch}`,
    ...(state.kind === "offline" ? [state.error.message] : []),
    ...(waiting === "" ? [] : [`waiting for you: ${waiting}`]),
    ...(failed > 0 ? [`${failed} failed runs`] : []),
    "Click for the results",
  ];
  return new vscode.MarkdownString(lines.join("\n\n"));
}
