/** Commands on the queue: another order, another target, and why something waits. */
import * as vscode from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { counted } from "../../protocol/format.ts";
import { runsMove, runsReorder, runsRetry, runsStop, runsWhy } from "../../protocol/methods.ts";
import type { Run } from "../../protocol/run.ts";
import { ENDED } from "../../protocol/run.ts";
import { targetName } from "../../protocol/target-text.ts";
import type { Lab } from "../engine/lab.ts";
import type { Presenter } from "../present.ts";
import { inQueue, moved } from "../sidebar/queue-order.ts";
import type { Way } from "../sidebar/queue-order.ts";
import { shortened } from "../sidebar/rows.ts";
import { targetChoices } from "../sidebar/target-choices.ts";
import type { ChosenRuns } from "../sidebar/trees.ts";
import { execute } from "./registry.ts";
import type { Handlers, RunRef } from "./registry.ts";
import type { Picked, Targets } from "./targets.ts";

export interface QueueParts {
  presenter: Presenter;
  targets: Targets;
  chosen: ChosenRuns;
}

const queued = ({ state }: Run) => state === "queued";
const waiting = ({ state }: Run) => state === "queued" || state === "starting";

export function queueHandlers({ presenter, targets, chosen }: QueueParts): Handlers {
  /** From the keyboard a command is about what is selected, where it can be done with that. */
  const meant = async (
    clicked: RunRef | undefined,
    selected: readonly RunRef[] | undefined,
    able: (run: Run) => boolean,
    title: string,
    many = true,
  ): Promise<Picked<Run>> => {
    if (clicked !== undefined || selected !== undefined) return targets.runs(clicked, selected, able, title, many);
    const found = await targets.among(chosen.rows, able);
    return found ?? targets.runs(undefined, undefined, able, title, many);
  };
  const toward =
    (way: Way, title: string) =>
    async (clicked?: RunRef, selected?: readonly RunRef[]): Promise<void> => {
      const { lab, items } = await meant(clicked, selected, queued, title);
      const queue = inQueue(lab.snapshot?.runs ?? []).map(({ id }) => id);
      const order = moved(queue, new Set(items.map(({ id }) => id)), way);
      if (order !== null) await lab.link.request(runsReorder, order);
    };
  return {
    "provingGround.runFirst": toward("first", "Run first"),
    "provingGround.moveUp": toward("up", "Move up"),
    "provingGround.moveDown": toward("down", "Move down"),
    "provingGround.runLast": toward("last", "Run last"),
    "provingGround.moveToTarget": async (clicked, selected) => {
      const { lab, items } = await meant(clicked, selected, () => true, "Move to a target");
      await moveToTarget(lab, items);
    },
    "provingGround.whyWaiting": async (clicked, selected) => {
      const { lab, items } = await meant(clicked, selected, waiting, "Why is this waiting?", false);
      const [run] = items;
      if (run !== undefined) await sayWhy(presenter, lab, run);
    },
  };
}

/** Queued runs are queued for it; those under way are stopped first, when the user says so; those that have ended are run again there. */
async function moveToTarget(lab: Lab, runs: readonly Run[]): Promise<void> {
  const [first] = runs;
  const from = runs.every((run) => run.asked === first?.asked) ? first?.asked : undefined;
  const rows = targetChoices(lab.snapshot?.targets ?? [], from).map(({ name, label, detail, now }) => ({
    ...{ label, detail, name },
    ...(now ? { description: "queued for it now" } : {}),
  }));
  const what = runs.length === 1 && first !== undefined ? `“${shortened(lab.runTitle(first), 40)}”` : counted(runs.length, "run");
  const picked = await vscode.window.showQuickPick(rows, { title: `Move ${what} to which target?`, matchOnDetail: true });
  if (picked === undefined) throw new ProvingGroundError("cancelled", "no target was picked");
  const target = picked.name;
  // They may have begun or ended while the user chose.
  const now = runs.flatMap(({ id }) => lab.run(id) ?? []);
  const underWay = now.filter((run) => !queued(run) && !ENDED.has(run.state));
  if (underWay.length > 0 && !(await mayStop(underWay, target))) return;
  const move = now.filter(queued).map(({ id }) => id);
  const stop = underWay.map(({ id }) => id);
  const again = now.filter((run) => !queued(run)).map(({ id }) => id);
  if (move.length > 0) await lab.link.request(runsMove, { runs: move, target });
  if (stop.length > 0) await lab.link.request(runsStop, { runs: stop });
  if (again.length > 0) await lab.link.request(runsRetry, { runs: again, target });
}

async function mayStop(runs: readonly Run[], target: string | null): Promise<boolean> {
  const where = target === null ? "wherever there is room" : target === "local" ? "on this machine" : `on ${targetName(target)}`;
  const move = "Stop and Move";
  const one = runs.length === 1;
  const message = one ? "This run is under way. Stop it?" : `${runs.length} of these runs are under way. Stop them?`;
  const detail = `${one ? "It begins" : "They begin"} anew ${where}, as ${one ? "a new run" : "new runs"} of the same code and seed.`;
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, move)) === move;
}

async function sayWhy(presenter: Presenter, lab: Lab, run: Run): Promise<void> {
  const { reasons } = await lab.link.request(runsWhy, { run: run.id });
  const title = `“${lab.runTitle(run)}”, seed ${run.seed}`;
  if (reasons.length === 0) {
    void presenter.say("info", `${title} is not waiting any more.`);
    return;
  }
  const ref = { lab: lab.key, run: run.id };
  const first = "Run First";
  const move = "Move to Target…";
  const others = (lab.snapshot?.targets.length ?? 0) > 1 ? [move] : [];
  const actions = run.state === "queued" ? [first, ...others] : [];
  const options = { modal: true, detail: reasons.join("\n") };
  const chosen = await vscode.window.showInformationMessage(`${title} is waiting.`, options, ...actions);
  if (chosen === first) await execute("provingGround.runFirst", ref);
  if (chosen === move) await execute("provingGround.moveToTarget", ref);
}
