/** Commands on attempts: looking through them, opening an answer, opening it beside the file that it was meant for. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Attempt, Idea } from "../../protocol/idea.ts";
import { ideasGet } from "../../protocol/methods.ts";
import { sectionsOf } from "../documents/attempts.ts";
import { openAnswer, openBeside } from "../documents/beside.ts";
import type { PlaceMarks } from "../documents/beside.ts";
import { openAttempts } from "../documents/contribution.ts";
import { addressOf } from "../documents/file-system.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import type { Presenter } from "../present.ts";
import { actionsOn } from "../sidebar/idea-rows.ts";
import type { AttemptRef, Handlers } from "./registry.ts";
import type { Targets } from "./targets.ts";

export interface AttemptParts {
  labs: Labs;
  presenter: Presenter;
  targets: Targets;
}

export function attemptHandlers({ labs, presenter, targets }: AttemptParts, marks: PlaceMarks): Handlers {
  const find = async (ref: AttemptRef | undefined): Promise<{ lab: Lab; idea: Idea; attempt: Attempt }> => {
    const { lab: key, idea, attempt: wanted } = ref ?? atCursor();
    const lab = await labs.find(key);
    const attempt = (await lab.link.request(ideasGet, { idea })).attempts.find(({ id }) => id === wanted);
    if (attempt === undefined) throw new ProvingGroundError("usage", `idea #${idea} has no attempt ${wanted}`);
    return { lab, idea: lab.idea(idea), attempt };
  };
  return {
    "provingGround.showAttempts": async (clicked) => {
      const able = (idea: Idea) => actionsOn(idea).has("attempts");
      const { lab, items } = await targets.ideas(clicked, undefined, able, "Show attempts", false);
      for (const idea of items) await openAttempts(lab, idea);
    },
    "provingGround.openBeside": async (ref) => {
      const { lab, idea, attempt } = await find(ref);
      if (await openBeside(lab, idea, attempt, marks)) return;
      const what = attempt.place === null ? "This answer names no file" : `${attempt.place.file} is not in the code it was written on`;
      void presenter.say("info", `${what}, so the answer is shown alone.`);
    },
    "provingGround.openAnswer": async (ref) => {
      const { lab, attempt } = await find(ref);
      await openAnswer(lab, attempt, 0, vscode.ViewColumn.Active);
    },
  };
}

/** The attempt that the cursor is in. @throws ProvingGroundError `usage` when it is in none */
function atCursor(): AttemptRef {
  const editor = vscode.window.activeTextEditor;
  const address = editor === undefined ? null : addressOf(editor.document.uri);
  if (editor !== undefined && address?.kind === "answer") return { lab: address.lab, idea: address.idea, attempt: address.attempt };
  if (editor !== undefined && address?.kind === "attempts") {
    const section = sectionsOf(editor.document.getText()).findLast(({ line }) => line <= editor.selection.active.line);
    if (section !== undefined) return { lab: address.lab, idea: address.idea, attempt: section.attempt };
  }
  throw new ProvingGroundError("usage", "the cursor is in no attempt", { hint: "Show an idea's attempts, and put the cursor into one." });
}
