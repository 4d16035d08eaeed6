/** Compute targets in the store: how the user set them up, so that an engine without a window finds its runs again, and which are drained. */
import type { TargetSetting } from "../../protocol/target.ts";
import type { Actor, Database } from "./database.ts";

export interface StoredTarget {
  name: string;
  /** Null for this machine. */
  setting: TargetSetting | null;
  /** Whether the user's settings still name it. */
  listed: boolean;
  drained: boolean;
}

export class Targets {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Tells this lab's jobs from those of others on the same target. */
  get lab(): string {
    return String(this.#database.get("SELECT id FROM lab")?.id);
  }

  list(): StoredTarget[] {
    return this.#database.all("SELECT * FROM targets ORDER BY name <> 'local', position, name").map((row) => ({
      name: String(row.name),
      setting: row.setting === null ? null : (JSON.parse(String(row.setting)) as TargetSetting),
      listed: Number(row.listed) === 1,
      drained: Number(row.drained) === 1,
    }));
  }

  /** Replaces the settings; a target that is no longer named stays known, and says so, because runs may be there. */
  configure(actor: Actor, settings: readonly TargetSetting[]): void {
    const known = new Map(this.list().map((target) => [target.name, target]));
    const same = (setting: TargetSetting) => {
      const before = known.get(setting.name);
      return before?.listed === true && JSON.stringify(before.setting) === JSON.stringify(setting);
    };
    const order = [...known.values()].filter(({ setting, listed }) => setting !== null && listed).map(({ name }) => name);
    const moved = order.join("\n") !== settings.map(({ name }) => name).join("\n");
    const named = new Set(settings.map(({ name }) => name));
    const gone = [...known.values()].filter(({ name, setting, listed }) => setting !== null && listed && !named.has(name));
    const changed = settings.filter((setting) => !same(setting));
    if (gone.length + changed.length === 0 && !moved) return;
    this.#database.transaction(actor, (transaction) => {
      for (const { name } of gone) this.#database.run("UPDATE targets SET listed = 0 WHERE name = ?", name);
      for (const setting of changed) {
        this.#database.run(
          "INSERT INTO targets (name, setting) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET setting = ?2, listed = 1",
          setting.name,
          JSON.stringify(setting),
        );
      }
      for (const [index, { name }] of settings.entries()) {
        this.#database.run("UPDATE targets SET position = ? WHERE name = ?", index + 1, name);
      }
      transaction.event({
        kind: "targets set up",
        detail: { targets: changed.map(({ name, kind }) => ({ name, kind })), removed: gone.map(({ name }) => name) },
      });
    });
  }

  drain(actor: Actor, name: string, drained: boolean): void {
    this.#database.transaction(actor, (transaction) => {
      this.#database.run("UPDATE targets SET drained = ? WHERE name = ?", drained ? 1 : 0, name);
      transaction.event({ kind: drained ? "target drained" : "target resumed", detail: { target: name } });
    });
  }

  /** Forgets a target that is no longer named and on which nothing is left. */
  forget(name: string): void {
    this.#database.run("DELETE FROM targets WHERE name = ? AND listed = 0", name);
  }
}
