/** Commands that say what ideas are to a search: pinned or banned as parents, and what a draft is written on. */
import * as vscode from "vscode";
import type { Idea, Mark } from "../../protocol/idea.ts";
import { metricText } from "../../protocol/format.ts";
import { ideasMark, ideasRebase } from "../../protocol/methods.ts";
import type { Lab } from "../engine/lab.ts";
import { actionsOn } from "../sidebar/idea-rows.ts";
import type { IdeaAction } from "../sidebar/idea-rows.ts";
import type { Handlers, IdeaRef } from "./registry.ts";
import type { Targets } from "./targets.ts";

const able = (action: IdeaAction) => (idea: Idea) => actionsOn(idea).has(action);

export function markHandlers(targets: Targets): Handlers {
  const marking = (action: "pin" | "ban" | "unmark", mark: Mark | null, title: string) => {
    return async (clicked?: IdeaRef, selected?: readonly IdeaRef[]) => {
      const { lab, items } = await targets.ideas(clicked, selected, able(action), title);
      await lab.link.request(ideasMark, { ideas: items.map(({ id }) => id), mark });
    };
  };
  return {
    "provingGround.pin": marking("pin", "pinned", "Pin as parents"),
    "provingGround.ban": marking("ban", "banned", "Ban as parents"),
    "provingGround.unmark": marking("unmark", null, "Take marks away"),
    "provingGround.rebase": async (clicked, selected) => {
      const { lab, items } = await targets.ideas(clicked, selected, able("rebase"), "Change the base of drafts");
      const base = await pickBase(lab, items);
      if (base === undefined) return;
      for (const { id } of items) await lab.link.request(ideasRebase, { idea: id, base });
    },
  };
}

/** An idea with code, or null for the baseline; undefined when the user picks none. */
async function pickBase({ snapshot }: Lab, drafts: readonly Idea[]): Promise<number | null | undefined> {
  const [first] = drafts;
  const now = new Set(drafts.map(({ base }) => base));
  const isNow = (base: number | null) => (now.size === 1 && now.has(base) ? ["now"] : []);
  const approved = (snapshot?.ideas ?? []).filter((idea) => {
    return idea.environment === first?.environment && idea.commit !== null && idea.status !== "rejected";
  });
  const rows = [
    { label: "The baseline", description: isNow(null).join(""), base: null },
    ...approved.toReversed().map(({ id, title, metric, status }) => ({
      label: title,
      description: [`#${id}`, metric === null ? status : metricText(metric), ...isNow(id)].join(" · "),
      base: id,
    })),
  ];
  const title = drafts.length === 1 ? `Write “${first?.title ?? ""}” on` : `Write ${drafts.length} drafts on`;
  return (await vscode.window.showQuickPick(rows, { title, matchOnDescription: true }))?.base;
}
