/** Tries a target out where everybody can watch: a list in which each step appears when it is done, and what can be done then. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { messageOf } from "../../protocol/message.ts";
import { targetsCheck } from "../../protocol/methods.ts";
import type { ProgressReport } from "../../protocol/methods.ts";
import type { CheckStep, LiveCheck, TargetSetting } from "../../protocol/target.ts";
import type { Lab } from "../engine/lab.ts";
import { finding, stepRows } from "../sidebar/check-steps.ts";

interface Item extends vscode.QuickPickItem {
  action?: string;
}

/**
 * @param target name of one that is set up, or one that is about to be
 * @param actions that are offered at the end, by what came of it; taking one closes the list
 * @returns the action taken; null when the list was left
 */
export function checkTarget(
  lab: Lab,
  target: string | TargetSetting,
  actions: (check: LiveCheck) => string[],
): Promise<{ action: string; check: LiveCheck } | null> {
  const name = typeof target === "string" ? target : target.name;
  const list = vscode.window.createQuickPick<Item>();
  const aborter = new AbortController();
  list.title = `Checking ${name}`;
  list.placeholder = "Each step is shown when it is done; Escape stops the check";
  list.busy = true;
  list.ignoreFocusOut = true;
  list.show();
  const steps: CheckStep[] = [];
  const onProgress = ({ step }: ProgressReport) => {
    if (step === undefined) return;
    steps.push(step);
    list.items = itemsOf(steps);
  };
  return new Promise((resolve) => {
    let done: LiveCheck | null = null;
    list.onDidAccept(() => {
      const action = list.activeItems[0]?.action;
      if (action === undefined || done === null) return;
      resolve({ action, check: done });
      list.hide();
    });
    list.onDidHide(() => {
      aborter.abort();
      resolve(null);
      list.dispose();
    });
    const show = (check: LiveCheck) => {
      if (aborter.signal.aborted) return;
      done = check;
      list.busy = false;
      list.title = finding(name, check);
      list.placeholder = "";
      const last = actions(check).map((action): Item => ({ label: action, action, alwaysShow: true }));
      list.items = [
        ...itemsOf(check.steps),
        ...(last.length > 0 ? [{ label: "", kind: vscode.QuickPickItemKind.Separator }] : []),
        ...last,
      ];
      const [first] = last;
      if (first !== undefined) list.activeItems = [first];
    };
    lab.link.request(targetsCheck, { target }, { signal: aborter.signal, onProgress }).then(show, (thrown: unknown) => {
      show({ ok: false, steps: [failed(thrown)] });
    });
  });
}

const itemsOf = (steps: readonly CheckStep[]): Item[] => stepRows(steps).map((row) => ({ ...row, alwaysShow: true }));

/** What kept the check itself from being made, as a step. */
const failed = (thrown: unknown): CheckStep => ({ step: "check", ok: false, detail: messageOf(ProvingGroundError.from(thrown)) });
