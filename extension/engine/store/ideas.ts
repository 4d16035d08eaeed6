/** Ideas in the store: writing them, and reading them with everything that follows from their attempts and runs. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea, IdeaKind, IdeaSource, IdeaText, Mark, Repetition, Strategy } from "../../protocol/idea.ts";
import type { KnobValue } from "../../protocol/manifest.ts";
import { bodyDigest } from "./digest.ts";
import type { Actor, Database, Transaction } from "./database.ts";
import { knobsOf, ROWS, textOf, toIdea } from "./idea-row.ts";

/** An idea before it has a number. */
export interface NewIdea {
  environment: string;
  epoch: number;
  source: IdeaSource;
  model: string | null;
  strategy: Strategy;
  text: IdeaText;
  kind: IdeaKind | null;
  knobs: Record<string, KnobValue> | null;
  /** Idea whose implementation it is to be written on; null for the baseline. */
  base: number | null;
  parents: number[];
  /** Seed of the draw that made it; null for humans. */
  seed: number | null;
  /** Idea whose run failed and that this one is another try at. */
  repairs?: number;
  /** Search that it belongs to, and the request for ideas that it answers, if any. */
  search?: number | null;
  request?: number | null;
  /** An earlier idea that it nearly repeats, or by its position one of those before it that are written at the same time. */
  repeats?: Repetition | { draft: number; likeness: number } | null;
}

/** What was written down, as opposed to what became of it. */
export interface IdeaRecord {
  id: number;
  environment: string;
  epoch: number;
  source: IdeaSource;
  text: IdeaText;
  knobs: Record<string, KnobValue> | null;
  base: number | null;
  search: number | null;
  /** Whether it nearly repeats an earlier one. */
  repeats: boolean;
  rejected: boolean;
}

export class Ideas {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(actor: Actor, ideas: readonly NewIdea[]): Idea[] {
    const ids = this.#database.transaction(actor, (transaction) => this.insert(transaction, ideas));
    return ids.map((id) => this.get(id));
  }

  /** The same as part of a larger transaction. @returns their numbers */
  insert(transaction: Transaction, ideas: readonly NewIdea[]): number[] {
    const ids: number[] = [];
    for (const idea of ideas) {
      const repeats = idea.repeats ?? null;
      const repeated = repeats === null ? null : "draft" in repeats ? (ids[repeats.draft] ?? null) : repeats.idea;
      const id = this.#database.run(
        `INSERT INTO ideas (environment, epoch, source, model, strategy, title, description, changes, kind, knobs, base, seed, repairs,
             search, request, repeats, likeness, created_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        idea.environment,
        idea.epoch,
        idea.source,
        idea.model,
        idea.strategy,
        idea.text.title,
        idea.text.description,
        idea.text.changes,
        idea.kind,
        idea.knobs === null ? null : JSON.stringify(idea.knobs),
        idea.base,
        idea.seed,
        idea.repairs ?? null,
        idea.search ?? null,
        idea.request ?? null,
        repeated,
        repeated === null ? null : (repeats?.likeness ?? null),
        this.#database.now(),
      );
      idea.parents.forEach((parent, position) => {
        this.#database.run("INSERT INTO idea_parents (idea, position, parent) VALUES (?, ?, ?)", id, position, parent);
      });
      const { environment, source, text, knobs, base, search = null } = idea;
      transaction.event({
        kind: "idea added",
        idea: id,
        detail: { environment, search, source, title: text.title, length: lengthOf(text), body: bodyDigest(text), knobs, base },
      });
      if (search !== null) transaction.searches.add(search);
      ids.push(id);
    }
    return ids;
  }

  /** @throws ProvingGroundError `unknown-idea` */
  get(id: number): Idea {
    const row = this.#database.get(`${ROWS.replace("{runs}", "AND idea = ?")} WHERE i.id = ?`, id, id);
    if (row === undefined) throw unknownIdea(id);
    return toIdea(row);
  }

  /** Ideas in the order they were written. */
  list(environment?: string): Idea[] {
    const rows =
      environment === undefined
        ? this.#database.all(`${ROWS.replace("{runs}", "")} ORDER BY i.id`)
        : this.#database.all(`${ROWS.replace("{runs}", "")} WHERE i.environment = ? ORDER BY i.id`, environment);
    return rows.map((row) => toIdea(row));
  }

  /** @throws ProvingGroundError `unknown-idea` */
  record(id: number): IdeaRecord {
    const row = this.#database.get("SELECT * FROM ideas WHERE id = ?", id);
    if (row === undefined) throw unknownIdea(id);
    return {
      id,
      environment: String(row.environment),
      epoch: Number(row.epoch),
      source: row.source as IdeaSource,
      text: textOf(row),
      knobs: knobsOf(row),
      base: row.base === null ? null : Number(row.base),
      search: row.search === null ? null : Number(row.search),
      repeats: row.repeats !== null,
      rejected: row.rejected_at !== null,
    };
  }

  /** All ideas of an environment as written, in order. */
  records(environment: string): IdeaRecord[] {
    return this.#database
      .all("SELECT id FROM ideas WHERE environment = ? ORDER BY id", environment)
      .map((row) => this.record(Number(row.id)));
  }

  /** What all ideas of an environment say, by their numbers. */
  texts(environment: string): Map<number, IdeaText> {
    const rows = this.#database.all("SELECT id, title, description, changes FROM ideas WHERE environment = ?", environment);
    return new Map(rows.map((row) => [Number(row.id), textOf(row)]));
  }

  /** Whether another try at the idea was made, or it is one itself: nothing is handed back twice. */
  isRepaired(id: number): boolean {
    return this.#database.get("SELECT 1 FROM ideas WHERE repairs = ? OR (id = ? AND repairs IS NOT NULL)", id, id) !== undefined;
  }

  /** Ideas of a search that may still change by themselves or by a gate, in order. */
  ofSearch(search: number): Idea[] {
    return this.#database
      .all(
        `${ROWS.replace("{runs}", "AND idea IN (SELECT id FROM ideas WHERE search = ?)")} WHERE i.search = ? ORDER BY i.id`,
        search,
        search,
      )
      .map((row) => toIdea(row));
  }

  /** Ideas that answer a search's own requests, in order. */
  writtenFor(search: number): number[] {
    return this.#database
      .all("SELECT id FROM ideas WHERE search = ? AND request IS NOT NULL ORDER BY id", search)
      .map((row) => Number(row.id));
  }

  /** Number of the newest epoch; 0 when there is none. */
  newestEpoch(environment: string): number {
    return Number(this.#database.get("SELECT coalesce(max(epoch), 0) AS epoch FROM ideas WHERE environment = ?", environment)?.epoch ?? 0);
  }

  /**
   * Replaces the text, and the knobs that a change of the text implies.
   * @param repeats what the new text nearly repeats; as it was when absent
   */
  edit(actor: Actor, id: number, text: IdeaText, knobs: Record<string, KnobValue> | null, repeats?: Repetition | null): Idea {
    this.record(id);
    this.#database.transaction(actor, (transaction) => {
      this.#database.run(
        "UPDATE ideas SET title = ?, description = ?, changes = ?, knobs = ? WHERE id = ?",
        text.title,
        text.description,
        text.changes,
        knobs === null ? null : JSON.stringify(knobs),
        id,
      );
      if (repeats !== undefined) {
        const { idea = null, likeness = null } = repeats ?? {};
        this.#database.run("UPDATE ideas SET repeats = ?, likeness = ? WHERE id = ?", idea, likeness, id);
      }
      transaction.event({ kind: "idea edited", idea: id, detail: { text, length: lengthOf(text), body: bodyDigest(text), knobs } });
    });
    return this.get(id);
  }

  /** Writes a draft on another idea's implementation, or on the baseline. */
  rebase(actor: Actor, id: number, base: number | null): Idea {
    this.record(id);
    this.#database.transaction(actor, (transaction) => {
      this.#database.run("UPDATE ideas SET base = ? WHERE id = ?", base, id);
      transaction.event({ kind: "idea rebased", idea: id, detail: { base } });
    });
    return this.get(id);
  }

  /** Marks ideas as parents for ever or never; null takes the mark away. */
  mark(actor: Actor, ids: readonly number[], mark: Mark | null): Idea[] {
    for (const id of ids) this.record(id);
    this.#database.transaction(actor, (transaction) => {
      for (const id of ids) {
        if (mark === null) this.#database.run("DELETE FROM marks WHERE idea = ?", id);
        else this.#database.run("INSERT OR REPLACE INTO marks (idea, mark) VALUES (?, ?)", id, mark);
        transaction.event({ kind: "idea marked", idea: id, detail: { mark } });
      }
    });
    return ids.map((id) => this.get(id));
  }

  /** A human lets an idea pass a gate. */
  admit(idea: number, gate: Idea["admitted"][number]): void {
    this.#database.transaction("human", (transaction) => {
      this.#database.run("INSERT OR IGNORE INTO admissions (idea, gate, at) VALUES (?, ?, ?)", idea, gate, this.#database.now());
      transaction.event({ kind: "idea admitted", idea, detail: { gate } });
    });
  }

  /**
   * What a model says of an implementation's kind.
   * @param by `provider/model`
   */
  judge(idea: number, kind: IdeaKind, by: string): void {
    this.#database.transaction("model", (transaction) => {
      this.#database.run("UPDATE ideas SET judged = ?, judged_by = ? WHERE id = ?", kind, by, idea);
      transaction.event({ kind: "kind judged", idea, detail: { kind, by } });
    });
  }

  /** @param why what the search says of it, where it was the search */
  reject(actor: Actor, ids: readonly number[], restore: boolean, why?: string): Idea[] {
    for (const id of ids) this.record(id);
    this.#database.transaction(actor, (transaction) => {
      for (const id of ids) {
        if (!restore) this.putAside(transaction, id, why);
        else {
          this.#database.run("UPDATE ideas SET rejected_at = NULL WHERE id = ?", id);
          transaction.event({ kind: "idea restored", idea: id });
        }
      }
    });
    return ids.map((id) => this.get(id));
  }

  /** Rejects an idea as part of a larger transaction. */
  putAside(transaction: Transaction, id: number, why?: string): void {
    this.#database.run("UPDATE ideas SET rejected_at = ? WHERE id = ?", this.#database.now(), id);
    transaction.event({ kind: "idea rejected", idea: id, ...(why === undefined ? {} : { detail: { why } }) });
  }
}

function unknownIdea(id: number): ProvingGroundError {
  return new ProvingGroundError("unknown-idea", `there is no idea #${id}`, { hint: "`proving-ground ideas list` shows those there are." });
}

/** Characters that say what an idea is, its title apart. */
function lengthOf({ description, changes }: IdeaText): number {
  return description.length + changes.length;
}
