/** The parents chosen for the next epoch, per environment and in the order they were picked. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Actor, Database } from "./database.ts";

export class Parents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  of(environment: string): number[] {
    return this.#database
      .all("SELECT idea FROM parents WHERE environment = ? ORDER BY position", environment)
      .map((row) => Number(row.idea));
  }

  all(): Record<string, number[]> {
    const chosen: Record<string, number[]> = {};
    for (const row of this.#database.all("SELECT environment, idea FROM parents ORDER BY environment, position")) {
      (chosen[String(row.environment)] ??= []).push(Number(row.idea));
    }
    return chosen;
  }

  /**
   * Replaces the choice; an empty list clears it. Double mentions count once.
   * @throws ProvingGroundError `usage` when an idea has no implementation or belongs to another environment
   */
  set(actor: Actor, environment: string, ideas: readonly number[]): number[] {
    const chosen = [...new Set(ideas)];
    for (const idea of chosen) {
      const row = this.#database.get(
        "SELECT i.environment, m.commit_hash FROM ideas i LEFT JOIN implementations m ON m.idea = i.id WHERE i.id = ?",
        idea,
      );
      if (row?.environment !== environment) {
        throw new ProvingGroundError("unknown-idea", `there is no idea #${idea} in ${environment}`, {
          hint: `\`proving-ground ideas list --env ${environment}\` shows those there are.`,
        });
      }
      if (row.commit_hash === null) {
        throw new ProvingGroundError("usage", `idea #${idea} cannot be a parent: it has no approved implementation`, {
          hint: "Implement, review and approve it first.",
        });
      }
    }
    this.#database.transaction(actor, (transaction) => {
      this.#database.run("DELETE FROM parents WHERE environment = ?", environment);
      chosen.forEach((idea, position) => {
        this.#database.run("INSERT INTO parents (environment, position, idea) VALUES (?, ?, ?)", environment, position, idea);
      });
      transaction.event({ kind: "parents chosen", detail: { environment, ideas: chosen } });
      transaction.parents.add(environment);
    });
    return chosen;
  }
}
