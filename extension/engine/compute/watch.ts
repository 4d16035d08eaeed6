/** Tells when files of a job's directory change, through the system's file events. */
import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import type { JobFile } from "./compute.ts";
import { FILES } from "./job-files.ts";

/**
 * Watches single files, not the folder, so that a job that writes a long log wakes nobody who only waits for its end.
 * The end shows as the reserved record being renamed away.
 * @returns stops watching
 */
export function watchJob(directory: string, files: JobFile[], changed: (what: "state" | JobFile) => void): () => void {
  const watchers: FSWatcher[] = [];
  const add = (name: string, what: "state" | JobFile) => {
    try {
      const watcher = watch(join(directory, name), { persistent: false }, () => changed(what));
      // Without events (too many watches, a file system that has none) the slow poll still sees everything.
      watcher.on("error", () => watcher.close());
      watchers.push(watcher);
    } catch {
      changed(what);
    }
  };
  for (const file of files) add(file, file);
  add(FILES.reserve, "state");
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}
