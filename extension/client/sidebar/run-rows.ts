/** Runs and compute targets as tree rows: pure, given the time. */
import type { Environment } from "../../protocol/environment.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import type { Run, RunState, Target } from "../../protocol/run.ts";
import { ENDED } from "../../protocol/run.ts";
import { counted, durationText, metricText } from "../../protocol/format.ts";
import { escapeMarkdown, shortened } from "./rows.ts";
import type { GroupRow, Icon, PlainRow, Row, RunRow } from "./rows.ts";

/** Ended runs shown; all of them are in the results. */
const RECENT = 30;

const ICONS: Record<RunState, Icon> = {
  queued: { id: "clock", color: "testing.iconQueued" },
  starting: { id: "loading~spin", color: "charts.blue" },
  running: { id: "loading~spin", color: "charts.blue" },
  succeeded: { id: "pass-filled", color: "testing.iconPassed" },
  failed: { id: "error", color: "testing.iconFailed" },
  stopped: { id: "debug-stop", color: "testing.iconSkipped" },
};

/** Running, queued and recently ended runs. @param now milliseconds since 1970 */
export function runRows(lab: string, snapshot: Snapshot, now: number): Row[] {
  const titles = new Map(snapshot.ideas.map((idea) => [idea.id, idea.title]));
  const environments = new Map(snapshot.environments.map((environment) => [environment.name, environment]));
  const several = new Set(snapshot.runs.map((run) => run.environment)).size > 1;
  const row = (run: Run): RunRow => {
    const title = run.idea === null ? "Baseline" : (titles.get(run.idea) ?? `#${run.idea}`);
    return runRow(lab, run, title, environments.get(run.environment), several, now);
  };
  const running = snapshot.runs.filter((run) => run.state === "running" || run.state === "starting").sort((a, b) => a.id - b.id);
  const queued = snapshot.runs.filter((run) => run.state === "queued").sort((a, b) => a.position - b.position || a.id - b.id);
  const ended = snapshot.runs.filter((run) => ENDED.has(run.state)).sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0) || b.id - a.id);
  return [
    group(lab, "running", "Running", running.map(row), String(running.length)),
    group(lab, "queued", "Queued", queued.map(row), String(queued.length)),
    group(
      lab,
      "ended",
      "Ended",
      ended.slice(0, RECENT).map(row),
      ended.length > RECENT ? `${RECENT} newest of ${ended.length}` : String(ended.length),
    ),
  ].filter((one) => one.children.length > 0);
}

/** Compute targets with their devices. */
export function targetRows(lab: string, targets: readonly Target[]): Row[] {
  return targets.map((target): GroupRow => {
    const free = target.problem === null;
    return {
      kind: "group",
      id: `${lab}/target/${target.name}`,
      label: target.title,
      description: target.problem ?? `${target.busy} of ${counted(target.slots, `${target.kind.toUpperCase()} slot`)} busy`,
      tooltip: target.problem === null ? "" : escapeMarkdown(target.problem),
      icon: free
        ? { id: "server", color: target.busy > 0 ? "charts.blue" : "testing.iconPassed" }
        : { id: "warning", color: "problemsWarningIcon.foreground" },
      context: "target",
      children: target.devices.map((device, index): PlainRow => ({
        kind: "plain",
        id: `${lab}/target/${target.name}/${index}`,
        label: device.label,
        description: device.note,
        tooltip: "",
        icon: { id: "circuit-board" },
        context: "device",
      })),
    };
  });
}

/** Seconds a run has taken, or took; null before it started. */
export function elapsed(run: Run, now: number): number | null {
  return run.startedAt === null ? null : Math.max(0, ((run.endedAt ?? now) - run.startedAt) / 1000);
}

function runRow(lab: string, run: Run, title: string, environment: Environment | undefined, several: boolean, now: number): RunRow {
  const actions = ["run", "log"];
  if (ENDED.has(run.state)) actions.push("retry");
  else actions.push("stop");
  if (run.state === "queued") actions.push("first");
  return {
    kind: "run",
    lab,
    run: run.id,
    id: `${lab}/run/${run.id}`,
    label: shortened(title, 28),
    description: [...(several ? [run.environment] : []), ...describe(run, environment, now), `seed ${run.seed}`].join(" · "),
    tooltip: tooltip(run, title, environment, now),
    icon: ICONS[run.state],
    context: actions.filter((action) => action !== "log" || run.startedAt !== null).join(" "),
  };
}

function describe(run: Run, environment: Environment | undefined, now: number): string[] {
  const seconds = elapsed(run, now);
  switch (run.state) {
    case "queued":
      return [run.reason ?? "queued"];
    case "starting":
      return [run.reason ?? "starting"];
    case "running": {
      const value = run.live?.value ?? null;
      return [...(value === null ? [] : [metricText(value)]), progressOf(run, environment, seconds ?? 0)];
    }
    case "succeeded":
      return [metricText(run.metric), ...(seconds === null ? [] : [durationText(seconds)])];
    case "failed":
      return [run.failure ?? "failed", ...(run.reason === null ? [] : [run.reason])];
    case "stopped":
      return run.early === null ? ["stopped"] : ["stopped early", metricText(run.early.value)];
  }
}

/** Training clock against its budget where the environment has both, else wall time against the timeout. */
function progressOf(run: Run, environment: Environment | undefined, seconds: number): string {
  const manifest = environment?.state === "valid" ? environment.manifest : null;
  const clock = run.live?.seconds ?? null;
  if (clock !== null && manifest?.budget !== undefined) return `${clock.toFixed(0)} / ${durationText(manifest.budget.seconds)}`;
  return manifest === null ? durationText(seconds) : `${Math.round(seconds)} s, at most ${durationText(manifest.resources.timeout)}`;
}

function tooltip(run: Run, title: string, environment: Environment | undefined, now: number): string {
  const seconds = elapsed(run, now);
  const metric = environment?.state === "valid" ? environment.manifest.metric.name : "metric";
  const facts = [
    `Run #${run.id} on ${run.target} · seed ${run.seed} · commit ${run.commit.slice(0, 8)}`,
    run.metric === null ? "" : `${metric} ${metricText(run.metric)}`,
    seconds === null ? "" : `${run.endedAt === null ? "for" : "took"} ${durationText(seconds)}`,
    run.reason ?? "",
    run.early === null || run.early.saved === 0 ? "" : `saved about ${durationText(run.early.saved)}`,
  ];
  return [`**${escapeMarkdown(title)}** · ${run.state}`, ...facts.filter((fact) => fact !== "").map(escapeMarkdown)].join("\n\n");
}

function group(lab: string, key: string, label: string, children: Row[], description: string): GroupRow {
  return { kind: "group", id: `${lab}/runs/${key}`, label, description, tooltip: "", icon: null, context: "group", children };
}
