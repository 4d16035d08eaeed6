/** Brings a database to the newest schema, one numbered migration at a time, each in a transaction of its own. */
import type { DatabaseSync } from "node:sqlite";
import { ProvingGroundError } from "../../protocol/errors.ts";
import * as calls from "./migrations/0005-calls.ts";
import * as earlyStopping from "./migrations/0009-early-stopping.ts";
import * as lab from "./migrations/0001-lab.ts";
import * as searches from "./migrations/0006-searches.ts";
import * as novelty from "./migrations/0007-novelty.ts";
import * as repairs from "./migrations/0004-repairs.ts";
import * as samples from "./migrations/0003-samples.ts";
import * as targets from "./migrations/0008-targets.ts";
import * as proposalAsWritten from "./migrations/0002-proposal-as-written.ts";

/** Migration n is element n − 1; `PRAGMA user_version` counts those applied. */
const MIGRATIONS: readonly string[] = [
  lab.sql,
  proposalAsWritten.sql,
  samples.sql,
  repairs.sql,
  calls.sql,
  searches.sql,
  novelty.sql,
  targets.sql,
  earlyStopping.sql,
];

/** @throws ProvingGroundError `engine-version` when the database was written by a newer version */
export function migrate(database: DatabaseSync): void {
  const applied = Number(database.prepare("PRAGMA user_version").get()?.user_version ?? 0);
  if (applied > MIGRATIONS.length) {
    throw new ProvingGroundError(
      "engine-version",
      `lab.db was written by a newer Proving Ground (schema ${applied}, this one knows ${MIGRATIONS.length})`,
      {
        hint: "Update the extension, or move .proving-ground/lab.db aside to start a new lab.",
      },
    );
  }
  for (let number = applied + 1; number <= MIGRATIONS.length; number++) {
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(MIGRATIONS[number - 1] ?? "");
      database.exec(`PRAGMA user_version = ${number}`);
      database.exec("COMMIT");
    } catch (cause) {
      // SQLite rolls back by itself on some errors, a full disk among them.
      if (database.isTransaction) database.exec("ROLLBACK");
      throw cause;
    }
  }
}
