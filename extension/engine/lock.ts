/** One engine per repository: a lock the operating system drops when its holder dies, however it dies. */
import { DatabaseSync } from "node:sqlite";

/**
 * Takes the lock for as long as this process lives. SQLite's own file lock is used, because Node offers no other portable one.
 * @param file path of the lock file
 * @returns a function that gives the lock back, or null when another engine holds it
 */
export function takeLock(file: string): (() => void) | null {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    if ((cause as Error).message.includes("database is locked")) return null;
    throw cause;
  }
  return () => {
    database.close();
  };
}
