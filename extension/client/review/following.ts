/** Has the editor take over what other tools write into the files of a proposal. */
import * as vscode from "vscode";

/**
 * Folders of ours are left out of the editor's own watching, for there are many; the few that are under review are watched one by
 * one, and the editor then reads an open file again by itself. It lets through only what lies below a path that a pattern of
 * `files.watcherExclude` names to its end: that is why ours names the folder, beside what is in it.
 */
export class Following implements vscode.Disposable {
  #watchers = new Map<string, vscode.Disposable>();

  /** Watches the folders of these files and no others. */
  follow(files: readonly vscode.Uri[]): void {
    const before = this.#watchers;
    this.#watchers = new Map();
    for (const file of files) {
      const folder = vscode.Uri.joinPath(file, "..");
      const key = folder.toString();
      if (this.#watchers.has(key)) continue;
      this.#watchers.set(key, before.get(key) ?? vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, "*")));
      before.delete(key);
    }
    for (const watcher of before.values()) watcher.dispose();
  }

  dispose(): void {
    this.follow([]);
  }
}
