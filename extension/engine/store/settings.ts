/** What the user set for this machine, so that an engine that begins again without a window goes by it too. */
import * as z from "zod";
import { MachineSettings } from "../../protocol/methods.ts";
import type { Database } from "./database.ts";

const MACHINE = "machine";

export class Settings {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** As last said; defaults where nobody ever said anything. */
  get machine(): MachineSettings {
    const row = this.#database.get("SELECT value FROM settings WHERE name = ?", MACHINE);
    return MachineSettings.parse(row === undefined ? {} : JSON.parse(z.string().parse(row.value)));
  }

  set machine(settings: MachineSettings) {
    if (JSON.stringify(settings) === JSON.stringify(this.machine)) return;
    const sql = "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
    this.#database.run(sql, MACHINE, JSON.stringify(settings));
  }
}
