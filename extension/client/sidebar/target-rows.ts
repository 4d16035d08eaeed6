/** Compute targets as tree rows, with their devices and the runs that are there: pure, given the time. */
import { counted, roughly } from "../../protocol/format.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import type { Target, TargetDevice } from "../../protocol/run.ts";
import { LOCAL } from "../../protocol/target.ts";
import { containmentText, kindText, loadText, type TargetState, targetState, usedText } from "../../protocol/target-text.ts";
import { runRow, surroundingsOf } from "./run-rows.ts";
import { escapeMarkdown, shortened } from "./rows.ts";
import type { Icon, PlainRow, TargetRow } from "./rows.ts";

/** Targets up to which all are shown opened. */
const OPENED = 3;

const WARNING = "problemsWarningIcon.foreground";
const SICK: Partial<Record<TargetState, Icon>> = {
  away: { id: "debug-disconnect", color: WARNING },
  attention: { id: "warning", color: WARNING },
  drained: { id: "debug-pause", color: "disabledForeground" },
};
const KINDS: Record<Target["type"], string> = { local: "vm", ssh: "server", slurm: "server-environment", ray: "type-hierarchy" };
const DEVICES: Record<NonNullable<TargetDevice["state"]>, { icon: Icon; word: string }> = {
  free: { icon: { id: "circle-large-outline", color: "testing.iconPassed" }, word: "free" },
  ours: { icon: { id: "circle-large-filled", color: "charts.blue" }, word: "used by runs" },
  others: { icon: { id: "person", color: WARNING }, word: "used by somebody else" },
};

/** @param clock a moment as the user's own settings write it */
export function targetRows(lab: string, snapshot: Snapshot, now: number, clock: (milliseconds: number) => string): TargetRow[] {
  const surroundings = { ...surroundingsOf(lab, snapshot, now), targets: [] };
  const { targets, runs } = snapshot;
  const folded = targets.length > OPENED;
  return targets.map((target): TargetRow => {
    const there = runs.filter((run) => run.target === target.name && (run.state === "starting" || run.state === "running"));
    const state = targetState(target);
    // Of one that never answered nothing is known.
    const seen = target.slots > 0;
    return {
      kind: "target",
      lab,
      target: target.name,
      id: `${lab}/target/${target.name}`,
      label: shortened(target.title, 22),
      description: describe(target, state, folded, clock),
      tooltip: tooltip(target, state, clock),
      icon: SICK[state] ?? { id: KINDS[target.type], color: state === "busy" ? "charts.blue" : "testing.iconPassed" },
      context: contextOf(target),
      folded,
      children: [
        ...(target.problem === null ? [] : [problemRow(lab, target.name, target.problem)]),
        ...(seen ? [containment(lab, target), ...target.devices.map(deviceRow(lab, target))] : []),
        ...there.map((run) => runRow(run, surroundings)),
      ],
    };
  });
}

function describe(target: Target, state: TargetState, folded: boolean, clock: (milliseconds: number) => string): string {
  const runs = target.runs === 0 ? [] : [counted(target.runs, "run")];
  const used = target.maxHours === 0 ? [] : [`${roughly(target.hours)} of ${roughly(target.maxHours)} h`];
  switch (state) {
    case "away":
      return [`no answer since ${clock(target.awaySince ?? 0)}`, ...runs].join(" · ");
    case "attention":
      return [...runs, target.problem ?? ""].join(" · ");
    case "drained":
      return ["drained", ...(target.runs === 0 ? [] : [`${runs.join("")} ${target.runs === 1 ? "goes" : "go"} on`])].join(" · ");
    default: {
      const kept = folded ? [target.contained === null ? "not contained" : "contained"] : [];
      return [loadText(target), ...runs, ...used, ...kept].join(" · ");
    }
  }
}

function tooltip(target: Target, state: TargetState, clock: (milliseconds: number) => string): string {
  const { problem, disk, awaySince, drained, runs } = target;
  const used = usedText(target);
  const facts = [
    target.type === "local" ? "" : kindText(target),
    awaySince === null ? "" : `Does not answer since ${clock(awaySince)}`,
    problem ?? "",
    drained ? "Drained: it takes no more runs until it is resumed" : "",
    state === "away" ? "" : loadText(target),
    runs === 0 ? "No run of this lab is there" : `${counted(runs, "run")} of this lab`,
    used === "" ? "" : `${used} used`,
    disk === null ? "" : `${disk < 10 ? disk.toFixed(1) : Math.round(disk)} GiB of disk free`,
    containmentText(target),
  ];
  return [`**${escapeMarkdown(target.title)}**`, ...facts.filter((fact) => fact !== "").map(escapeMarkdown)].join("\n\n");
}

/** Words that menus test. */
function contextOf({ name, drained }: Target): string {
  return ["target", drained ? "resume" : "drain", "look", ...(name === LOCAL ? [] : ["check", "edit", "remove"])].join(" ");
}

function problemRow(lab: string, name: string, problem: string): PlainRow {
  return {
    ...{ kind: "plain", id: `${lab}/target/${name}/problem`, label: problem, description: "", context: "problem" },
    tooltip: escapeMarkdown(problem),
    icon: { id: "info" },
  };
}

/** Whether runs there are kept from the rest of the machine is always said. */
function containment(lab: string, target: Target): PlainRow {
  const [what = "", how] = containmentText(target).split(/: (.*)/s);
  return {
    ...{
      kind: "plain",
      id: `${lab}/target/${target.name}/contained`,
      context: "contained",
      tooltip: escapeMarkdown(containmentText(target)),
    },
    label: what,
    description: how ?? "",
    icon: target.contained === null ? { id: "unlock", color: WARNING } : { id: "lock", color: "testing.iconPassed" },
  };
}

const deviceRow =
  (lab: string, target: Target) =>
  (device: TargetDevice, index: number): PlainRow => {
    const known = device.state === null ? null : DEVICES[device.state];
    return {
      kind: "plain",
      id: `${lab}/target/${target.name}/${index}`,
      label: device.label,
      description: [device.note, ...(known === null ? [] : [known.word])].filter((part) => part !== "").join(" · "),
      tooltip: "",
      icon: known?.icon ?? { id: "circuit-board" },
      context: "device",
    };
  };
