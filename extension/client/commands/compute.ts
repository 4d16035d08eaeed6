/** Commands on compute targets: setting them up, trying them out, draining them, looking at them, taking them away. */
import { counted } from "../../protocol/format.ts";
import { targetsConfigure, targetsDrain, targetsLook } from "../../protocol/methods.ts";
import type { Target } from "../../protocol/run.ts";
import { LOCAL } from "../../protocol/target.ts";
import type { Current } from "../engine/current.ts";
import type { Lab } from "../engine/lab.ts";
import type { Labs } from "../engine/labs.ts";
import type { Contribution } from "../lifecycle.ts";
import type { Presenter } from "../present.ts";
import { openTargetSettings, readTargets, removeTargetSetting, writeTarget } from "../settings/compute.ts";
import { askTarget, settingOf } from "./add-target.ts";
import { checkTarget } from "./check-target.ts";
import { registerCommands } from "./registry.ts";
import type { Handlers } from "./registry.ts";
import type { Targets } from "./targets.ts";

export interface ComputeParts {
  presenter: Presenter;
  targets: Targets;
  labs: Labs;
  current: Current;
}

const remote = ({ name }: Target) => name !== LOCAL;

export const computeCommands =
  (parts: ComputeParts): Contribution =>
  (owner) => {
    owner.add(registerCommands({ ...steering(parts), ...keeping(parts) }, parts.presenter.error));
  };

function steering({ presenter, targets }: ComputeParts): Handlers {
  return {
    "provingGround.checkTarget": async (clicked, selected) => {
      const { lab, items } = await targets.places(clicked, selected, remote, "Check a target");
      for (const { name } of items) await checkTarget(lab, name, () => ["Close"]);
    },
    "provingGround.drainTarget": async (clicked, selected) => {
      const { lab, items } = await targets.places(clicked, selected, ({ drained }) => !drained, "Drain a target");
      for (const { name } of items) await lab.link.request(targetsDrain, { target: name, drained: true });
    },
    "provingGround.resumeTarget": async (clicked, selected) => {
      const { lab, items } = await targets.places(clicked, selected, ({ drained }) => drained, "Resume a target");
      for (const { name } of items) await lab.link.request(targetsDrain, { target: name, drained: false });
    },
    "provingGround.lookAtTarget": async (clicked, selected) => {
      const { lab, items } = await targets.places(clicked, selected, () => true, "Look at a target again");
      for (const { name, title } of items) {
        await presenter.work(`Looking at ${title}`, (signal) => lab.link.request(targetsLook, { target: name }, { signal }));
      }
    },
  };
}

function keeping({ presenter, targets, labs, current }: ComputeParts): Handlers {
  return {
    "provingGround.addTarget": async () => {
      const lab = labs.need(current.lab);
      const there = lab.snapshot?.targets.map(({ name }) => name) ?? [];
      const entry = await askTarget(new Set([LOCAL, ...there, ...readTargets().targets.map(({ name }) => name)]));
      const save = `Save ${entry.name}`;
      const anyway = `Save ${entry.name} anyway`;
      const taken = await checkTarget(lab, settingOf(entry), ({ ok }) => [ok ? save : anyway, "Leave it"]);
      if (taken?.action === save || taken?.action === anyway) await writeTarget(entry);
    },
    "provingGround.editTarget": async (clicked, selected) => {
      const { items } = await targets.places(clicked, selected, remote, "Edit a target");
      for (const { name } of items) await openTargetSettings(name);
    },
    "provingGround.removeTarget": async (clicked, selected) => {
      const { lab, items } = await targets.places(clicked, selected, remote, "Remove a target");
      for (const target of items) await remove(lab, target, presenter);
    },
  };
}

/** Takes a target from the settings, or, where another window or a terminal named it, from the engine. */
async function remove(lab: Lab, { name, runs }: Target, presenter: Presenter): Promise<void> {
  const undo = await removeTargetSetting(name);
  if (undo === null) await lab.link.request(targetsConfigure, { targets: [], instead: [name] });
  const there = runs === 0 ? "" : ` ${counted(runs, "run")} there ${runs === 1 ? "goes" : "go"} on.`;
  void presenter.say("info", `${name} is no longer a target.${there}`, undo === null ? {} : { Undo: undo });
}
