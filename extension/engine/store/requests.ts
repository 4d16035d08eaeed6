/** Requests of searches for ideas in the store: what was drawn for each, and what came of it. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea } from "../../protocol/idea.ts";
import type { Draw } from "../../protocol/search.ts";
import type { Actor, Database, Row, Transaction } from "./database.ts";
import type { Ideas, NewIdea } from "./ideas.ts";

/** One request for ideas. */
export interface RequestRecord {
  id: number;
  search: number;
  /** Counts from 1 within the search. */
  number: number;
  epoch: number;
  draw: Draw;
  /** Newest event that the draw took into account. */
  known: number;
  /** The baseline's result as it was known then; null when it was not. */
  reference: number | null;
  /** Ideas on their way, and runs that could go on at once, when it was drawn. */
  under: number;
  slots: number;
  /** What the model wrote, answer by answer; null while it is open and for operators. */
  answers: string[] | null;
  notes: string[];
  /** Why it gave nothing. */
  error: string | null;
  open: boolean;
}

export class Requests {
  readonly #database: Database;
  readonly #ideas: Ideas;

  constructor(database: Database, ideas: Ideas) {
    this.#database = database;
    this.#ideas = ideas;
  }

  /** Records a draw before anything comes of it. */
  open(search: number, request: Pick<RequestRecord, "epoch" | "draw" | "known" | "reference" | "under" | "slots">): RequestRecord {
    const id = this.#database.transaction("search", (transaction) => {
      const last = this.#database.get("SELECT coalesce(max(number), 0) AS last FROM requests WHERE search = ?", search)?.last;
      const number = Number(last) + 1;
      const made = this.#database.run(
        "INSERT INTO requests (search, number, epoch, draw, known, reference, open, slots, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        search,
        number,
        request.epoch,
        JSON.stringify(request.draw),
        request.known,
        request.reference,
        request.under,
        request.slots,
        this.#database.now(),
      );
      record(transaction, search, "ideas asked for", { request: made, ...request.draw });
      return made;
    });
    return this.#get(id);
  }

  /** Closes a request together with the ideas that came of it; those that are put aside at once say why. */
  close(
    id: number,
    end: { answers: readonly string[] | null; notes: readonly string[]; error: string | null },
    ideas: readonly (NewIdea & { aside?: string | undefined })[],
    actor: Actor,
  ): Idea[] {
    const { search } = this.#get(id);
    const numbers = this.#database.transaction(actor, (transaction) => {
      this.#database.run(
        "UPDATE requests SET answers = ?, notes = ?, error = ?, ended_at = ? WHERE id = ?",
        end.answers === null ? null : JSON.stringify(end.answers),
        JSON.stringify(end.notes),
        end.error,
        this.#database.now(),
        id,
      );
      const written = this.#ideas.insert(
        transaction,
        ideas.map((idea) => ({ ...idea, search, request: id })),
      );
      for (const [index, idea] of written.entries()) {
        const aside = ideas[index]?.aside;
        if (aside !== undefined) this.#ideas.putAside(transaction, idea, aside);
      }
      record(transaction, search, "ideas written", { request: id, ideas: written, error: end.error });
      return written;
    });
    return numbers.map((number) => this.#ideas.get(number));
  }

  /** Those of a search, in order. */
  of(search: number): RequestRecord[] {
    return this.#database.all("SELECT * FROM requests WHERE search = ? ORDER BY number", search).map(toRequest);
  }

  /** Ideas that answer a request, in the order written. */
  ideas(request: number): number[] {
    return this.#database.all("SELECT id FROM ideas WHERE request = ? ORDER BY id", request).map((row) => Number(row.id));
  }

  #get(id: number): RequestRecord {
    const row = this.#database.get("SELECT * FROM requests WHERE id = ?", id);
    if (row === undefined) throw new ProvingGroundError("internal", `there is no request ${id}`);
    return toRequest(row);
  }
}

function record(transaction: Transaction, search: number, kind: string, detail: object): void {
  transaction.event({ kind, detail: { search, ...detail } });
  transaction.searches.add(search);
}

function toRequest(row: Row): RequestRecord {
  return {
    id: Number(row.id),
    search: Number(row.search),
    number: Number(row.number),
    epoch: Number(row.epoch),
    draw: JSON.parse(String(row.draw)) as Draw,
    known: Number(row.known),
    reference: row.reference === null ? null : Number(row.reference),
    under: Number(row.open),
    slots: Number(row.slots),
    answers: row.answers === null ? null : (JSON.parse(String(row.answers)) as string[]),
    notes: row.notes === null ? [] : (JSON.parse(String(row.notes)) as string[]),
    error: row.error as string | null,
    open: row.ended_at === null,
  };
}
