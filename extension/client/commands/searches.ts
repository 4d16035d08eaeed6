/** Commands on searches: starting, changing, pausing, resuming and stopping them, and answering what they wait for. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { capitalised, counted } from "../../protocol/format.ts";
import { searchChange, searchPause, searchResume, searchStop } from "../../protocol/methods.ts";
import type { PlanChange, Search } from "../../protocol/search.ts";
import { ENDED } from "../../protocol/run.ts";
import { capTexts, forecastTexts, planText, progressText, searchName } from "../../protocol/search-text.ts";
import type { Lab } from "../engine/lab.ts";
import type { Contribution } from "../lifecycle.ts";
import { changeableParts, gatesChange } from "../sidebar/search-changes.ts";
import type { Ask } from "../sidebar/search-changes.ts";
import { clockText } from "../sidebar/search-part.ts";
import type { Searching } from "../sidebar/searching.ts";
import { registerCommands } from "./registry.ts";
import type { Handlers } from "./registry.ts";
import { waitingHandlers } from "./waiting.ts";
import type { WaitingParts } from "./waiting.ts";

export interface SearchParts extends WaitingParts {
  searching: Searching;
}

const running = ({ state }: Search) => state === "running";
const paused = ({ state }: Search) => state === "paused";
const open = ({ state }: Search) => state !== "ended";

export const searchCommands =
  (parts: SearchParts): Contribution =>
  (owner) => {
    owner.add(registerCommands({ ...starting(parts), ...steering(parts), ...waitingHandlers(parts) }, parts.presenter.error));
  };

function starting({ ideation, presenter, searching }: SearchParts): Handlers {
  return {
    "provingGround.startSearch": async () => {
      const { environment } = ideation.need();
      const { plan } = searching;
      const forecast = await presenter.work("Looking what it would take", (signal) => searching.foresee(signal));
      const now = Date.now();
      const { gpus } = environment.manifest.resources;
      const caps = capTexts(searching.form.caps, gpus);
      const detail = [
        forecastTexts(forecast, now, (at) => clockText(at, now)).join(" · "),
        caps.length === 0 ? "No cap is set." : `Stops before ${caps.join(", ")}.`,
        searching.form.asks.length === 0 ? "It asks before nothing." : `It asks before ${searching.form.asks.join(", ")}.`,
        ...forecast.warnings,
      ];
      const start = "Start Search";
      const what = `${capitalised(plan.algorithm)} search on ${environment.name}, ${planText({ ...searching.form, size: plan.size })}?`;
      const chosen = await vscode.window.showInformationMessage(what, { modal: true, detail: detail.join("\n") }, start);
      if (chosen !== start) return;
      const failure = await searching.start();
      if (failure !== null) throw failure;
    },
  };
}

function steering({ targets }: SearchParts): Handlers {
  return {
    "provingGround.pauseSearch": async (clicked, selected) => {
      const { lab, items } = await targets.searches(clicked, selected, running, "Pause searches");
      for (const { id } of items) await lab.link.request(searchPause, { search: id });
    },
    "provingGround.resumeSearch": async (clicked, selected) => {
      const { lab, items } = await targets.searches(clicked, selected, paused, "Resume searches");
      for (const { id } of items) await lab.link.request(searchResume, { search: id });
    },
    "provingGround.stopSearch": async (clicked, selected) => {
      const { lab, items } = await targets.searches(clicked, selected, open, "Stop searches");
      if (!(await mayStop(lab, items))) return;
      for (const { id } of items) await lab.link.request(searchStop, { search: id });
    },
    "provingGround.changeSearch": async (clicked) => {
      const { lab, items } = await targets.searches(clicked, undefined, open, "Change a search", false);
      for (const search of items) {
        const change = await askChange(lab, search);
        if (change !== undefined) await lab.link.request(searchChange, { search: search.id, change });
      }
    },
  };
}

async function mayStop({ snapshot }: Lab, searches: readonly Search[]): Promise<boolean> {
  const [only, second] = searches;
  const ids = new Set(searches.map(({ id }) => id));
  const ideas = new Set((snapshot?.ideas ?? []).filter((idea) => ids.has(idea.search ?? -1)).map(({ id }) => id));
  const alive = (snapshot?.runs ?? []).filter((run) => ideas.has(run.idea ?? -1) && !ENDED.has(run.state)).length;
  const stop = "Stop Search";
  const what =
    only !== undefined && second === undefined
      ? `${searchName(only)}, ${progressText(only)}`
      : counted(searches.length, "search", "searches");
  const runs = alive === 0 ? "" : ` ${capitalised(counted(alive, "run"))} of it ${alive === 1 ? "is" : "are"} stopped.`;
  const detail = `It cannot be resumed.${runs} What it found stays.`;
  return (await vscode.window.showWarningMessage(`Stop ${what}?`, { modal: true, detail }, stop)) === stop;
}

/** Asks which part is to be changed, then to what; undefined when the user changes nothing. */
async function askChange(lab: Lab, search: Search): Promise<PlanChange | undefined> {
  const environment = lab.environment(search.environment);
  const parts = changeableParts(search, environment?.manifest.resources.gpus ?? 0, lab.snapshot?.targets ?? []);
  const title = `Change ${searchName(search)}`;
  const rows = parts.map((part) => ({ label: part.label, description: part.now, part }));
  const picked = await vscode.window.showQuickPick(rows, { title, matchOnDescription: true });
  return picked === undefined ? undefined : askValue(search, picked.part.ask, `${title}: ${picked.label}`);
}

async function askValue({ plan }: Search, ask: Ask, title: string): Promise<PlanChange | undefined> {
  switch (ask.kind) {
    case "field": {
      const { prompt, value, read } = ask;
      const refused = (text: string) => {
        const change = read(text);
        return typeof change === "string" ? change : null;
      };
      const text = await vscode.window.showInputBox({ title, prompt, value, ignoreFocusOut: true, validateInput: refused });
      if (text === undefined) return undefined;
      const change = read(text);
      if (typeof change === "string") throw new ProvingGroundError("usage", change);
      return change;
    }
    case "options": {
      const rows = ask.options.map(({ label, detail, now, change }) => ({
        ...{ label, change },
        ...(now ? { description: "now" } : {}),
        ...(detail === undefined ? {} : { detail }),
      }));
      return (await vscode.window.showQuickPick(rows, { title }))?.change;
    }
    case "gates": {
      const rows = ask.gates.map(({ gate, label, asks }) => ({ label, picked: asks, gate }));
      const options = {
        title,
        placeHolder: "Ticked: it waits for you there. With none ticked it runs unattended.",
        canPickMany: true,
      } as const;
      const picked = await vscode.window.showQuickPick(rows, options);
      return picked === undefined
        ? undefined
        : gatesChange(
            plan.algorithm,
            picked.map(({ gate }) => gate),
          );
    }
  }
}
