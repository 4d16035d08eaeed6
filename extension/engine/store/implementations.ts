/** Attempts, proposals and implementations in the store: the way from an idea to a commit. */
import { Place, ProvingGroundError } from "../../protocol/errors.ts";
import type { Attempt, AttemptOutcome, DiffStat, IdeaKind, Usage } from "../../protocol/idea.ts";
import type { Decisions } from "../../protocol/review.ts";
import { attemptCost } from "./calls.ts";
import type { Actor, Database, Row, Transaction } from "./database.ts";

export interface ProposalRecord {
  idea: number;
  base: string;
  change: DiffStat;
  decisions: Decisions;
  /** Fingerprint of the change when it was written; null where that was not recorded. */
  written: string | null;
}

export interface ImplementationRecord {
  idea: number;
  base: string;
  commit: string;
}

export interface AttemptEnd {
  outcome: AttemptOutcome;
  reason: string | null;
  place?: Place | undefined;
  answer: string;
  usage: Usage | null;
}

export interface AttemptStart {
  idea: number;
  sample: number;
  number: number;
  by: string;
  note: string | null;
}

export class Implementations {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns id of the attempt */
  startAttempt({ idea, sample, number, by, note }: AttemptStart): number {
    return this.#database.transaction("model", (transaction) => {
      const id = this.#database.run(
        "INSERT INTO attempts (idea, sample, number, by, note, started_at) VALUES (?, ?, ?, ?, ?, ?)",
        idea,
        sample,
        number,
        by,
        note,
        this.#database.now(),
      );
      transaction.event({ kind: "attempt started", idea, detail: { attempt: id, sample, number, by } });
      return id;
    });
  }

  endAttempt(id: number, end: AttemptEnd): void {
    this.#database.transaction("model", (transaction) => this.#endAttempt(transaction, id, end));
  }

  #endAttempt(transaction: Transaction, id: number, end: AttemptEnd): void {
    const idea = Number(this.#database.get("SELECT idea FROM attempts WHERE id = ?", id)?.idea);
    this.#database.run(
      "UPDATE attempts SET outcome = ?, reason = ?, place = ?, answer = ?, input_tokens = ?, output_tokens = ?, ended_at = ? WHERE id = ?",
      end.outcome,
      end.reason,
      end.place === undefined ? null : JSON.stringify(end.place),
      end.answer,
      end.usage?.inputTokens ?? null,
      end.usage?.outputTokens ?? null,
      this.#database.now(),
      id,
    );
    transaction.event({ kind: "attempt ended", idea, detail: { attempt: id, outcome: end.outcome, reason: end.reason } });
  }

  /** Closes attempts that an engine that died left open. */
  interruptOpenAttempts(): void {
    const open = this.#database.all("SELECT id FROM attempts WHERE ended_at IS NULL");
    for (const row of open) {
      this.endAttempt(Number(row.id), {
        outcome: "interrupted",
        reason: "the engine ended while this was being written; implement it again",
        answer: "",
        usage: null,
      });
    }
  }

  attempts(idea: number): Attempt[] {
    return this.#database.all("SELECT * FROM attempts WHERE idea = ? ORDER BY id", idea).map((row) => ({
      id: Number(row.id),
      idea,
      sample: Number(row.sample),
      number: Number(row.number),
      by: String(row.by),
      outcome: row.outcome as AttemptOutcome | null,
      reason: row.reason as string | null,
      place: row.place === null ? null : Place.parse(JSON.parse(String(row.place))),
      note: row.note as string | null,
      answer: String(row.answer),
      usage: row.input_tokens === null ? null : { inputTokens: Number(row.input_tokens), outputTokens: Number(row.output_tokens) },
      cost: attemptCost(this.#database, Number(row.id)),
      startedAt: Number(row.started_at),
      endedAt: row.ended_at === null ? null : Number(row.ended_at),
    }));
  }

  /** How often attempts at each idea of an environment ended how; those that have not ended are left out. */
  outcomes(environment: string): { idea: number; outcome: AttemptOutcome; attempts: number }[] {
    const rows = this.#database.all(
      `SELECT a.idea, a.outcome, count(*) AS attempts FROM attempts a JOIN ideas i ON i.id = a.idea
       WHERE i.environment = ? AND a.outcome IS NOT NULL GROUP BY a.idea, a.outcome ORDER BY a.idea`,
      environment,
    );
    return rows.map((row) => ({
      idea: Number(row.idea),
      outcome: row.outcome as AttemptOutcome,
      attempts: Number(row.attempts),
    }));
  }

  /**
   * Records a proposal whose files are on disk, and that its attempt succeeded; one that was there is replaced and its decisions
   * forgotten.
   */
  openProposal(
    actor: Actor,
    proposal: { idea: number; base: string; change: DiffStat; written: string },
    attempt?: { id: number; answer: string; usage: Usage | null },
  ): void {
    this.#database.transaction(actor, (transaction) => {
      if (attempt !== undefined) this.#endAttempt(transaction, attempt.id, { ...attempt, outcome: "applied", reason: null });
      this.#database.run(
        "INSERT OR REPLACE INTO proposals (idea, base_commit, files, added, removed, written, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        proposal.idea,
        proposal.base,
        proposal.change.files,
        proposal.change.added,
        proposal.change.removed,
        proposal.written,
        this.#database.now(),
      );
      transaction.event({ kind: "proposal opened", idea: proposal.idea, detail: { base: proposal.base, ...proposal.change } });
    });
  }

  /** @throws ProvingGroundError `no-proposal` */
  proposal(idea: number): ProposalRecord {
    const row = this.#database.get("SELECT * FROM proposals WHERE idea = ?", idea);
    if (row === undefined) throw noProposal(idea, this.implementation(idea) !== null);
    return {
      idea,
      base: String(row.base_commit),
      change: { files: Number(row.files), added: Number(row.added), removed: Number(row.removed) },
      decisions: JSON.parse(String(row.decisions)) as Decisions,
      written: row.written === null ? null : String(row.written),
    };
  }

  proposals(): ProposalRecord[] {
    return this.#database.all("SELECT idea FROM proposals ORDER BY idea").map((row) => this.proposal(Number(row.idea)));
  }

  /** Records decisions and the size that the change has now. */
  decide(idea: number, decisions: Decisions, change: DiffStat): void {
    this.proposal(idea);
    this.#database.transaction("human", (transaction) => {
      this.#database.run(
        "UPDATE proposals SET decisions = ?, files = ?, added = ?, removed = ? WHERE idea = ?",
        JSON.stringify(decisions),
        change.files,
        change.added,
        change.removed,
        idea,
      );
      transaction.event({ kind: "hunks decided", idea, detail: decisions });
    });
  }

  discardProposal(actor: Actor, idea: number): void {
    this.proposal(idea);
    this.#database.transaction(actor, (transaction) => {
      this.#database.run("DELETE FROM proposals WHERE idea = ?", idea);
      transaction.event({ kind: "proposal discarded", idea });
    });
  }

  /** The proposal became a commit. */
  approve(actor: Actor, implementation: ImplementationRecord & { change: DiffStat; kind: IdeaKind | null }): void {
    const { idea, base, commit, change, kind } = implementation;
    this.#database.transaction(actor, (transaction) => {
      this.#database.run("DELETE FROM proposals WHERE idea = ?", idea);
      this.#database.run(
        "INSERT INTO implementations (idea, base_commit, commit_hash, files, added, removed, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        idea,
        base,
        commit,
        change.files,
        change.added,
        change.removed,
        this.#database.now(),
      );
      if (kind !== null) this.#database.run("UPDATE ideas SET kind = ? WHERE id = ?", kind, idea);
      transaction.event({ kind: "implementation approved", idea, detail: { base, commit, kind, ...change } });
    });
  }

  /** Every approved implementation. */
  all(): ImplementationRecord[] {
    return this.#database.all("SELECT * FROM implementations ORDER BY idea").map(toRecord);
  }

  /** The approved implementation, or null. */
  implementation(idea: number): ImplementationRecord | null {
    const row = this.#database.get("SELECT * FROM implementations WHERE idea = ?", idea);
    return row === undefined ? null : toRecord(row);
  }
}

function toRecord(row: Row): ImplementationRecord {
  return { idea: Number(row.idea), base: String(row.base_commit), commit: String(row.commit_hash) };
}

function noProposal(idea: number, approved: boolean): ProvingGroundError {
  return approved
    ? new ProvingGroundError("no-proposal", `idea #${idea} is approved already`, { hint: "Duplicate it to try another change." })
    : new ProvingGroundError("no-proposal", `idea #${idea} has no proposal to review`, { hint: "Implement it first." });
}
