/** An idea as it is read: its row, and what follows from its attempts, proposal, implementation and runs. */
import type { AttemptOutcome, Idea, IdeaKind, IdeaSource, IdeaStatus, IdeaText, Mark, Strategy } from "../../protocol/idea.ts";
import type { KnobValue } from "../../protocol/manifest.ts";
import type { Row } from "./database.ts";

/** Ideas with everything that follows from their attempts and runs; `{runs}` narrows the runs that are looked at. */
export const ROWS = `
SELECT i.*, p.base_commit AS proposal_base,
  coalesce(m.files, p.files) AS files, coalesce(m.added, p.added) AS added, coalesce(m.removed, p.removed) AS removed,
  m.commit_hash,
  a.id AS attempt, a.outcome AS attempt_outcome, a.reason AS attempt_reason,
  (SELECT count(*) FROM attempts WHERE idea = i.id) AS attempts,
  r.active, r.queued, r.succeeded, r.metric, r.seconds, l.state AS last_state, l.reason AS last_reason, l.early AS last_early, k.mark,
  (SELECT json_group_array(gate) FROM admissions WHERE idea = i.id) AS admitted,
  (SELECT json_group_array(parent) FROM (SELECT parent FROM idea_parents WHERE idea = i.id ORDER BY position)) AS parents
FROM ideas i
LEFT JOIN proposals p ON p.idea = i.id
LEFT JOIN implementations m ON m.idea = i.id
LEFT JOIN marks k ON k.idea = i.id
LEFT JOIN attempts a ON a.id = (
  SELECT id FROM attempts WHERE idea = i.id ORDER BY ended_at IS NOT NULL, outcome IS 'overtaken', ended_at DESC, id DESC LIMIT 1
)
LEFT JOIN (
  SELECT idea, sum(state IN ('starting', 'running')) AS active, sum(state = 'queued') AS queued, sum(state = 'succeeded') AS succeeded,
    avg(CASE WHEN state = 'succeeded' THEN metric END) AS metric,
    avg(CASE WHEN state = 'succeeded' THEN (ended_at - started_at) / 1000.0 END) AS seconds, max(id) AS last
  FROM runs WHERE idea IS NOT NULL {runs} GROUP BY idea
) r ON r.idea = i.id
LEFT JOIN runs l ON l.id = r.last`;

export function toIdea(row: Row): Idea {
  const { status, problem, outcome = null } = statusOf(row);
  return {
    id: Number(row.id),
    environment: String(row.environment),
    epoch: Number(row.epoch),
    source: row.source as IdeaSource,
    model: row.model === null ? null : String(row.model),
    strategy: row.strategy as Strategy,
    title: String(row.title),
    summary: summaryOf(String(row.description)),
    kind: row.kind as IdeaKind | null,
    judged: row.judged as IdeaKind | null,
    judgedBy: row.judged_by as string | null,
    parents: JSON.parse(String(row.parents)) as number[],
    base: row.base === null ? null : Number(row.base),
    repairs: row.repairs === null ? null : Number(row.repairs),
    search: row.search === null ? null : Number(row.search),
    admitted: JSON.parse(String(row.admitted)) as Idea["admitted"],
    repeats: row.repeats === null ? null : { idea: Number(row.repeats), likeness: Number(row.likeness) },
    mark: row.mark as Mark | null,
    status,
    problem,
    outcome,
    attempts: Number(row.attempts),
    commit: row.commit_hash === null ? null : String(row.commit_hash),
    change: row.files === null ? null : { files: Number(row.files), added: Number(row.added), removed: Number(row.removed) },
    metric: row.metric === null ? null : Number(row.metric),
    seeds: Number(row.succeeded ?? 0),
    seconds: row.seconds === null ? null : Number(row.seconds),
    createdAt: Number(row.created_at),
  };
}

function statusOf(row: Row): { status: IdeaStatus; problem: string | null; outcome?: AttemptOutcome } {
  const status = ideaStatus({
    rejected: row.rejected_at !== null,
    attempt: row.attempt === null ? null : row.attempt_outcome === null ? "open" : row.attempt_outcome === "applied" ? "applied" : "failed",
    proposal: row.proposal_base !== null,
    implemented: row.commit_hash !== null,
    active: Number(row.active ?? 0),
    queued: Number(row.queued ?? 0),
    succeeded: Number(row.succeeded ?? 0),
    lastRun: row.last_state as string | null,
  });
  if (status === "not implemented") {
    return { status, problem: String(row.attempt_reason ?? "the attempt failed"), outcome: row.attempt_outcome as AttemptOutcome };
  }
  if (status === "failed") {
    return { status, problem: String(row.last_reason ?? "the run failed") };
  }
  if (status === "stopped" && row.last_early !== null) return { status, problem: String(row.last_reason) };
  return { status, problem: null };
}

/** Where an idea stands, from what is recorded about it. */
function ideaStatus(facts: {
  rejected: boolean;
  attempt: "open" | "applied" | "failed" | null;
  proposal: boolean;
  implemented: boolean;
  active: number;
  queued: number;
  succeeded: number;
  lastRun: string | null;
}): IdeaStatus {
  if (facts.rejected) return "rejected";
  if (facts.implemented) {
    if (facts.active > 0) return "running";
    if (facts.queued > 0) return "queued";
    if (facts.succeeded > 0) return "done";
    if (facts.lastRun === "failed") return "failed";
    if (facts.lastRun === "stopped") return "stopped";
    return "approved";
  }
  if (facts.attempt === "open") return "implementing";
  if (facts.proposal) return "in review";
  return facts.attempt === "failed" ? "not implemented" : "draft";
}

export function textOf(row: Row): IdeaText {
  return { title: String(row.title), description: String(row.description), changes: String(row.changes) };
}

export function knobsOf(row: Row): Record<string, KnobValue> | null {
  return row.knobs === null ? null : (JSON.parse(String(row.knobs)) as Record<string, KnobValue>);
}

function summaryOf(description: string): string {
  const line = description.replace(/\s+/g, " ").trim();
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}
