/** Runs as tree rows: pure, given the time. */
import type { Environment } from "../../protocol/environment.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import type { Run, RunState, Target } from "../../protocol/run.ts";
import { ENDED } from "../../protocol/run.ts";
import { durationText, metricText } from "../../protocol/format.ts";
import { inQueue } from "./queue-order.ts";
import { CONTAINERS, heldUpText, targetName } from "../../protocol/target-text.ts";
import { escapeMarkdown, shortened } from "./rows.ts";
import type { GroupRow, Icon, Row, RunRow } from "./rows.ts";

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
  const surroundings = surroundingsOf(lab, snapshot, now);
  const row = (run: Run): RunRow => runRow(run, surroundings);
  const running = snapshot.runs.filter((run) => run.state === "running" || run.state === "starting").sort((a, b) => a.id - b.id);
  const queued = inQueue(snapshot.runs);
  const ended = snapshot.runs.filter((run) => ENDED.has(run.state)).sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0) || b.id - a.id);
  return [
    group(lab, "running", "Running", running.map(row), String(running.length)),
    group(
      lab,
      "queued",
      "Queued",
      queued.map((run, index) => runRow(run, surroundings, `Place ${index + 1} of ${queued.length} in the queue`)),
      String(queued.length),
    ),
    group(
      lab,
      "ended",
      "Ended",
      ended.slice(0, RECENT).map(row),
      ended.length > RECENT ? `${RECENT} newest of ${ended.length}` : String(ended.length),
    ),
  ].filter((one) => one.children.length > 0);
}

/** Seconds a run has taken, or took; null before it started. */
export function elapsed(run: Run, now: number): number | null {
  return run.startedAt === null ? null : Math.max(0, ((run.endedAt ?? now) - run.startedAt) / 1000);
}

/** What rows of runs are made from beside the run. */
export interface Surroundings {
  lab: string;
  titles: ReadonlyMap<number, string>;
  environments: ReadonlyMap<string, Environment>;
  targets: readonly Target[];
  /** Whether rows say which environment theirs is. */
  several: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

export function surroundingsOf(lab: string, { ideas, environments, runs, targets }: Snapshot, now: number): Surroundings {
  return {
    ...{ lab, targets, now },
    titles: new Map(ideas.map((idea) => [idea.id, idea.title])),
    environments: new Map(environments.map((environment) => [environment.name, environment])),
    several: new Set(runs.map((run) => run.environment)).size > 1,
  };
}

/** @param place in the queue, in words; null for a run that is not in it */
export function runRow(run: Run, surroundings: Surroundings, place: string | null = null): RunRow {
  const { lab, titles, environments, targets, several, now } = surroundings;
  const title = run.idea === null ? "Baseline" : (titles.get(run.idea) ?? `#${run.idea}`);
  const environment = environments.get(run.environment);
  const heldUp = heldUpText(run, targets);
  const description = [
    ...(several ? [run.environment] : []),
    ...describe(run, environment, heldUp, now),
    ...(targets.length > 1 && heldUp === null ? whereabouts(run) : []),
    `seed ${run.seed}`,
  ];
  return {
    kind: "run",
    lab,
    run: run.id,
    id: `${lab}/run/${run.id}`,
    // Why it waits must have room beside it.
    label: shortened(title, heldUp === null ? 28 : 22),
    description: description.join(" · "),
    tooltip: tooltip(run, title, environment, [place ?? "", heldUp ?? ""], now),
    icon: iconOf(run, heldUp),
    context: contextOf(run, targets),
  };
}

/** Words that menus test: `queue` can be put elsewhere in the queue, `why` waits for something, `move` can go to another target. */
function contextOf(run: Run, targets: readonly Target[]): string {
  const actions = ["run"];
  if (run.startedAt !== null) actions.push("log");
  actions.push(ENDED.has(run.state) ? "retry" : "stop");
  if (run.state === "queued") actions.push("queue");
  if (run.state === "queued" || run.state === "starting") actions.push("why");
  if (targets.length > 1) actions.push("move");
  return actions.join(" ");
}

function iconOf(run: Run, heldUp: string | null): Icon {
  if (heldUp === null) return ICONS[run.state];
  return { id: run.state === "queued" ? "clock" : "debug-disconnect", color: "problemsWarningIcon.foreground" };
}

function whereabouts({ target, asked }: Run): string[] {
  if (target !== null) return [`on ${targetName(target)}`];
  return asked === null ? [] : [`for ${targetName(asked)}`];
}

function describe(run: Run, environment: Environment | undefined, heldUp: string | null, now: number): string[] {
  const seconds = elapsed(run, now);
  switch (run.state) {
    case "queued":
    case "starting":
      return [heldUp ?? run.reason ?? run.state];
    case "running": {
      const value = run.live?.value ?? null;
      return [...(value === null ? [] : [metricText(value)]), heldUp ?? progressOf(run, environment, seconds ?? 0)];
    }
    case "succeeded":
      return [metricText(run.metric), ...(seconds === null ? [] : [durationText(seconds)])];
    case "failed":
      return [run.failure ?? "failed", ...(run.reason === null ? [] : [run.reason])];
    case "stopped":
      return run.early === null ? [run.reason ?? "stopped"] : ["stopped early", metricText(run.early.value)];
  }
}

/** Training clock against its budget where the environment has both, else wall time against the timeout. */
function progressOf(run: Run, environment: Environment | undefined, seconds: number): string {
  const manifest = environment?.state === "valid" ? environment.manifest : null;
  const clock = run.live?.seconds ?? null;
  if (clock !== null && manifest?.budget !== undefined) return `${clock.toFixed(0)} / ${durationText(manifest.budget.seconds)}`;
  return manifest === null ? durationText(seconds) : `${Math.round(seconds)} s, at most ${durationText(manifest.resources.timeout)}`;
}

function tooltip(run: Run, title: string, environment: Environment | undefined, waits: readonly string[], now: number): string {
  const seconds = elapsed(run, now);
  const metric = environment?.state === "valid" ? environment.manifest.metric.name : "metric";
  const facts = [
    [`Run #${run.id}`, ...whereabouts(run)].join(" ") + ` · seed ${run.seed} · commit ${run.commit.slice(0, 8)}`,
    run.metric === null ? "" : `${metric} ${metricText(run.metric)}`,
    seconds === null ? "" : `${run.endedAt === null ? "for" : "took"} ${durationText(seconds)}`,
    run.startedAt === null ? "" : run.contained === null ? "not contained" : `contained by ${CONTAINERS[run.contained]}`,
    run.reason ?? "",
    run.early === null || run.early.saved === 0 ? "" : `saved about ${durationText(run.early.saved)}`,
    ...waits,
  ];
  return [`**${escapeMarkdown(title)}** · ${run.state}`, ...facts.filter((fact) => fact !== "").map(escapeMarkdown)].join("\n\n");
}

function group(lab: string, key: string, label: string, children: Row[], description: string): GroupRow {
  return { kind: "group", id: `${lab}/runs/${key}`, label, description, tooltip: "", icon: null, context: "group", children };
}
