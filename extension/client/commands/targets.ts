/** What a command is about: the rows it was called on, else what the user picks. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea } from "../../protocol/idea.ts";
import type { Run } from "../../protocol/run.ts";
import type { Search } from "../../protocol/search.ts";
import { progressText, searchName } from "../../protocol/search-text.ts";
import type { Current } from "../engine/current.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import { capitalised, metricText } from "../../protocol/format.ts";
import type { Target } from "../../protocol/run.ts";
import { loadText } from "../../protocol/target-text.ts";
import type { IdeaRef, RunRef, SearchRef, TargetRef } from "./registry.ts";

export interface Picked<T> {
  lab: Lab;
  items: T[];
}

export class Targets {
  readonly #labs: Labs;
  readonly #current: Current;

  constructor(labs: Labs, current: Current) {
    this.#labs = labs;
    this.#current = current;
  }

  /**
   * Ideas a command applies to.
   * @param able which ideas it can apply to; others in a selection are left out
   * @param title of the picker, when nothing was clicked
   * @throws ProvingGroundError `cancelled` when the user picks none, `usage` when it applies to none of those meant
   */
  async ideas(
    clicked: IdeaRef | undefined,
    selected: readonly IdeaRef[] | undefined,
    able: (idea: Idea, lab: Lab) => boolean,
    title: string,
    many = true,
  ): Promise<Picked<Idea>> {
    const refs = meant(clicked, selected, (ref) => typeof (ref as Partial<IdeaRef>).idea === "number");
    if (refs.length > 0) {
      const lab = await this.#labs.find(refs[0]?.lab ?? "");
      const ids = new Set(refs.filter((ref) => ref.lab === lab.key).map((ref) => ref.idea));
      const items = [...ids].map((id) => lab.idea(id)).filter((idea) => able(idea, lab));
      return { lab, items: someOf(items, title) };
    }
    const lab = await this.#lab();
    const { any } = this.#current;
    const choices = (lab.snapshot?.ideas ?? []).filter((idea) => able(idea, lab) && (any === null || idea.environment === any.name));
    const rows = someOf(choices, title).map((item) => ({
      label: item.title,
      description: `#${item.id} · ${item.status}${item.metric === null ? "" : ` · ${metricText(item.metric)}`}`,
      detail: item.summary,
      item,
    }));
    return { lab, items: await pick(rows, title, many) };
  }

  /** Runs a command applies to; as {@link ideas}. */
  async runs(
    clicked: RunRef | undefined,
    selected: readonly RunRef[] | undefined,
    able: (run: Run) => boolean,
    title: string,
    many = true,
  ): Promise<Picked<Run>> {
    const refs = meant(clicked, selected, (ref) => typeof (ref as Partial<RunRef>).run === "number");
    if (refs.length > 0) {
      const lab = await this.#labs.find(refs[0]?.lab ?? "");
      const items = refs.flatMap((ref) => lab.run(ref.run) ?? []);
      return { lab, items: someOf(items.filter(able), title) };
    }
    const lab = await this.#lab();
    const rows = someOf((lab.snapshot?.runs ?? []).filter(able).toReversed(), title).map((item) => ({
      label: `${lab.runTitle(item)} · seed ${item.seed}`,
      description: `#${item.id} · ${item.state}${item.metric === null ? "" : ` · ${metricText(item.metric)}`}`,
      item,
    }));
    return { lab, items: await pick(rows, title, many) };
  }

  /** Those of some rows that a command can be done with now; null when it is none. */
  async among(rows: readonly RunRef[], able: (run: Run) => boolean): Promise<Picked<Run> | null> {
    const [first] = rows;
    if (first === undefined) return null;
    const lab = await this.#labs.find(first.lab);
    const items = rows.flatMap(({ run }) => lab.run(run) ?? []).filter(able);
    return items.length === 0 ? null : { lab, items };
  }

  /** Searches a command applies to; as {@link ideas}, except that the only one there is need not be picked. */
  async searches(
    clicked: SearchRef | undefined,
    selected: readonly SearchRef[] | undefined,
    able: (search: Search) => boolean,
    title: string,
    many = true,
  ): Promise<Picked<Search>> {
    const refs = meant(clicked, selected, (ref) => typeof (ref as Partial<SearchRef>).search === "number");
    const lab = refs.length > 0 ? await this.#labs.find(refs[0]?.lab ?? "") : await this.#lab();
    const known = lab.snapshot?.searches ?? [];
    const items = refs.length > 0 ? known.filter(({ id }) => refs.some((ref) => ref.lab === lab.key && ref.search === id)) : known;
    const choices = someOf(items.filter(able), title);
    if (refs.length > 0 || choices.length === 1) return { lab, items: choices };
    const rows = choices.toReversed().map((item) => ({
      label: capitalised(searchName(item)),
      description: `${item.environment} · ${item.state} · ${progressText(item)}`,
      item,
    }));
    return { lab, items: await pick(rows, title, many) };
  }

  /** Compute targets a command applies to; as {@link searches}. */
  async places(
    clicked: TargetRef | undefined,
    selected: readonly TargetRef[] | undefined,
    able: (target: Target) => boolean,
    title: string,
  ): Promise<Picked<Target>> {
    const refs = meant(clicked, selected, (ref) => typeof (ref as Partial<TargetRef>).target === "string");
    const lab = refs.length > 0 ? await this.#labs.find(refs[0]?.lab ?? "") : await this.#lab();
    const known = lab.snapshot?.targets ?? [];
    const items = refs.length > 0 ? known.filter(({ name }) => refs.some((ref) => ref.lab === lab.key && ref.target === name)) : known;
    const choices = someOf(items.filter(able), title);
    if (refs.length > 0 || choices.length === 1) return { lab, items: choices };
    const rows = choices.map((item) => ({ label: item.title, description: item.problem ?? loadText(item), item }));
    return { lab, items: await pick(rows, title, false) };
  }

  async #lab(): Promise<Lab> {
    await this.#labs.ready();
    const lab = this.#labs.need(this.#current.lab);
    await lab.link.ensure();
    return lab;
  }
}

/** The selection where the clicked row is part of it, else the clicked row; groups in it are no targets. */
function meant<T extends object>(clicked: T | undefined, selected: readonly T[] | undefined, isTarget: (ref: T) => boolean): T[] {
  const all = selected !== undefined && selected.length > 0 ? selected : clicked === undefined ? [] : [clicked];
  return all.filter(isTarget);
}

function someOf<T>(items: T[], title: string): T[] {
  if (items.length > 0) return items;
  throw new ProvingGroundError("usage", `${title}: there is nothing this can be done with now`);
}

async function pick<T>(rows: (vscode.QuickPickItem & { item: T })[], title: string, many: boolean): Promise<T[]> {
  const options = { title, matchOnDescription: true, matchOnDetail: true };
  if (many) {
    const picked = await vscode.window.showQuickPick(rows, { ...options, canPickMany: true });
    if (picked !== undefined && picked.length > 0) return picked.map((row) => row.item);
  } else {
    const picked = await vscode.window.showQuickPick(rows, options);
    if (picked !== undefined) return [picked.item];
  }
  throw new ProvingGroundError("cancelled", "nothing was picked");
}
