/** Says what a finished run is worth: its metric, or why it has none and what to do. Pure. */
import type { RunFailure } from "../../protocol/run.ts";
import type { Exit } from "../compute/compute.ts";
import { missingProgram } from "./missing-program.ts";
import type { MetricSettings, Reading } from "./metric.ts";

export interface Verdict {
  state: "succeeded" | "failed" | "stopped";
  failure: RunFailure | null;
  reason: string | null;
  metric: number | null;
  /** When the job began and ended by its own record, in milliseconds since 1970. */
  times?: { startedAt: number; endedAt: number };
}

/** The verdict on a run that was stopped before it began. */
export const STOPPED: Verdict = { state: "stopped", failure: null, reason: null, metric: null };

export interface Ended {
  exit: Exit;
  metric: MetricSettings;
  selected: Reading | null;
  /** Readings in all. */
  count: number;
  /** End of the log, a few KiB. */
  log: string;
  /** Seconds the run was allowed. */
  timeout: number;
  /** Whether somebody asked for the stop, as far as this engine knows. */
  stopAsked: boolean;
}

const SUPERVISOR = "proving-ground: ";
const NO_SPACE = /No space left on device|ENOSPC|Disk quota exceeded|Errno 28\b/;

export function verdict(ended: Ended): Verdict {
  const { endedAt, seconds } = ended.exit;
  // Not the wall clock's own difference: it may have jumped meanwhile.
  return { ...judge(ended), times: { startedAt: endedAt - Math.round(seconds * 1000), endedAt } };
}

function judge(ended: Ended): Verdict {
  const { exit, log } = ended;
  const spoiled = exit.code !== 0 || ended.selected === null;
  if (exit.reason === "stopped") {
    return {
      state: "stopped",
      failure: null,
      reason: ended.stopAsked ? null : "A signal ended it that Proving Ground did not send, or sent before it was restarted. Retry it.",
      metric: null,
    };
  }
  if (spoiled && (exit.diskFull || NO_SPACE.test(log))) {
    return failed("disk full", "The disk was full when the run ended. Free some space, then retry the run.");
  }
  if (exit.reason === "launch") {
    return failed("launch", toldBySupervisor(log) ?? "The supervisor could not write into the run's folder. See that it may, then retry.");
  }
  if (exit.reason === "processes") {
    return failed(
      "crash",
      (toldBySupervisor(log) ?? "The run had more processes than it may have (`resources.processes`), and was ended.") +
        " Look for code that starts processes without end, such as workers that start workers, or allow more in the manifest.",
    );
  }
  if (exit.reason === "memory") {
    return failed(
      "crash",
      (toldBySupervisor(log) ?? "The run had more memory than it may have (`resources.memory`), and was ended.") +
        " Use smaller batches or fewer data loader workers, look for what grows with every step, or allow more in the manifest.",
    );
  }
  if (exit.reason === "timeout") {
    return failed(
      "timeout",
      `It did not end within ${ended.timeout} s (\`resources.timeout\`) and was ended with all it had started.` +
        " Look at the log for a loop that never ends, or allow more time in the manifest.",
    );
  }
  if (exit.code !== 0) return failed("crash", crashed(exit, log));
  return judged(ended);
}

/** The verdict on a run whose supervisor vanished. */
export function lost(reason: string, diskFull: boolean): Verdict {
  return diskFull
    ? failed("disk full", "The disk was full, so that even the end of the run could not be recorded. Free some space, then retry the run.")
    : failed("lost", `The run is gone: ${reason}. Retry it.`);
}

function judged({ metric, selected, count }: Ended): Verdict {
  const name = metric.name;
  const where =
    "metrics" in metric.from ? `\`${metric.from.metrics}\` in metrics.jsonl` : `a line of the log that matches \`${metric.from.log}\``;
  if (selected === null) {
    return failed("no metric", `It ended well and never reported ${where}. Look at the log; the code may no longer evaluate.`);
  }
  const { value } = selected;
  const which = metric.select === "best" ? "best" : "last";
  if (!Number.isFinite(value)) {
    const word = Number.isNaN(value) ? "NaN" : value > 0 ? "infinity" : "minus infinity";
    return failed(
      "not a number",
      `The ${which} ${name} of ${count} was ${word}: training diverged. Try a smaller learning rate or clip gradients.`,
    );
  }
  const { min, max } = metric.plausible ?? {};
  if ((min !== undefined && value < min) || (max !== undefined && value > max)) {
    const range =
      min === undefined ? `at most ${String(max)}` : max === undefined ? `at least ${String(min)}` : `${String(min)} to ${String(max)}`;
    return failed(
      "implausible",
      `${name} was ${value}, outside the plausible range (${range}), so it does not count.` +
        " Read the diff for a leak into the evaluation; if the value is real, widen `metric.plausible` in the manifest.",
    );
  }
  return { state: "succeeded", failure: null, reason: null, metric: value };
}

function crashed(exit: Exit, log: string): string {
  const missing = exit.code === 127 ? missingProgram(log) : null;
  if (missing !== null) return missing;
  const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
  const memory = exit.signal === "KILL" ? " The system may have run out of memory." : "";
  const last = lastLine(log);
  return `It ended with ${how}${last === "" ? ", and an empty log" : `: ${last}`}${/[.!?]$/.test(last) ? "" : "."}${memory}`;
}

/** What the supervisor told last in the log, as a sentence; null where it told nothing. */
function toldBySupervisor(log: string): string | null {
  const told = log.split("\n").findLast((line) => line.startsWith(SUPERVISOR));
  if (told === undefined) return null;
  const sentence = told.slice(SUPERVISOR.length).trim();
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}${/[.!?]$/.test(sentence) ? "" : "."}`;
}

/** The last line of a log that says something, cut to 300 characters. */
export function lastLine(log: string): string {
  const line =
    log
      .split(/[\r\n]+/)
      .findLast((text) => text.trim() !== "")
      ?.trim() ?? "";
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

function failed(failure: RunFailure, reason: string): Verdict {
  return { state: "failed", failure, reason, metric: null };
}
