/** The view “Waiting for You”: its rows, its count, and one message when something newly waits while it is out of sight. */
import * as vscode from "vscode";
import { environmentOf, waitingIn } from "../../protocol/waiting.ts";
import type { Waiting } from "../../protocol/waiting.ts";
import { execute } from "../commands/registry.ts";
import type { Current } from "../engine/current.ts";
import { environmentId } from "../engine/current.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import type { Contribution } from "../lifecycle.ts";
import type { Presenter } from "../present.ts";
import { setContext } from "../settings/context-keys.ts";
import { RowTree } from "./row-tree.ts";
import { waitingRows } from "./waiting-rows.ts";
import { newlyWaiting, newsText, stillWaiting } from "./waiting-news.ts";

const VIEW = "provingGround.waiting";
const TITLE = "Waiting for You";

export const waiting =
  (labs: Labs, current: Current, presenter: Presenter): Contribution =>
  (owner) => {
    const tree = new RowTree(() => {
      const { lab } = current;
      return lab?.snapshot == null ? [] : waitingRows(lab.key, lab.snapshot);
    });
    const view = owner.add(vscode.window.createTreeView(VIEW, { treeDataProvider: tree, canSelectMany: true }));
    const show = () => {
      tree.refresh();
      const { lab } = current;
      const list = lab?.snapshot == null ? [] : waitingIn(lab.snapshot);
      const count = list.length;
      // A folded view shows no description.
      view.title = count === 0 || view.visible ? TITLE : `${TITLE} (${count})`;
      view.description = count === 0 ? "" : String(count);
      view.badge = count === 0 ? undefined : { value: count, tooltip: `${count} waiting for you` };
      setContext(
        "provingGround.canPass",
        list.some(({ kind }) => kind === "idea" || kind === "parents"),
      );
    };
    owner.add(current.onDidChange(show));
    owner.add(view.onDidChangeVisibility(show));
    show();
    const news = new News(current, presenter, () => view.visible);
    owner.add(
      labs.onDidChangeLab(({ lab, change: { before, snapshot } }) => {
        // What had waited before this window looked is in the list, and no news.
        if (before !== null) news.tell(lab, newlyWaiting(before, snapshot));
      }),
    );
  };

/** While a message is still there, more that comes is kept, and told together when it is gone. */
class News {
  readonly #current: Current;
  readonly #presenter: Presenter;
  readonly #inSight: () => boolean;
  readonly #kept = new Map<string, Waiting[]>();

  constructor(current: Current, presenter: Presenter, inSight: () => boolean) {
    this.#current = current;
    this.#presenter = presenter;
    this.#inSight = inSight;
  }

  tell(lab: Lab, list: readonly Waiting[]): void {
    if (list.length === 0 || this.#inSight()) return;
    const kept = this.#kept.get(lab.key);
    if (kept === undefined) void this.#show(lab, list);
    else kept.push(...list);
  }

  async #show(lab: Lab, list: readonly Waiting[]): Promise<void> {
    const kept: Waiting[] = [];
    this.#kept.set(lab.key, kept);
    await this.#presenter.say(
      "info",
      newsText(list),
      actionsOn(lab, list, () => this.#reveal(lab, list)),
    );
    this.#kept.delete(lab.key);
    if (lab.snapshot !== null) this.tell(lab, stillWaiting(kept, lab.snapshot));
  }

  async #reveal(lab: Lab, [first]: readonly Waiting[]): Promise<void> {
    if (lab !== this.#current.lab && first !== undefined) this.#current.choose(environmentId(lab, environmentOf(first)));
    await vscode.commands.executeCommand(`${VIEW}.focus`);
  }
}

function actionsOn({ key: lab }: Lab, [first, second]: readonly Waiting[], reveal: () => unknown): Record<string, () => unknown> {
  const single = second === undefined && first?.kind === "idea" && first.gate === "diffs" ? first.idea.id : null;
  return { ...(single === null ? {} : { Review: () => execute("provingGround.review", { lab, idea: single }) }), Show: reveal };
}
