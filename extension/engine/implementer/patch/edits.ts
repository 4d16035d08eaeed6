/** What every patch format is read into: changes of whole files and of places inside them, and their printed form. */

/** One line of a hunk, without its line end: kept, taken out or put in. */
export interface HunkLine {
  op: " " | "-" | "+";
  text: string;
}

/** A change of neighbouring lines. Its kept and taken-out lines, in order, are what must be found in the file. */
export interface Hunk {
  /** Line of the old file where it begins, from 1; 0 or the line before for a pure insertion, as diffs count. Null: not said. */
  at: number | null;
  /** Lines that it says it stands below, outermost first, as written behind `@@`. */
  below: string[];
  lines: HunkLine[];
  /** Said by `\ No newline at end of file`: whether the old and the new file end inside their last line. */
  bareEnd: { old: boolean; new: boolean };
  /** Whether it is said to reach the end of the file. */
  last: boolean;
  /** Whether the answer ends in it, and it has fewer lines than its head says, or says nothing of them and ends in a change. */
  mayBeCut: boolean;
}

/** A hunk of these lines about which nothing else is said. */
export function plainHunk(lines: HunkLine[], at: number | null = null): Hunk {
  return { at, below: [], lines, bareEnd: { old: false, new: false }, last: false, mayBeCut: false };
}

/** A change of one file, with the path as it was written, less the `a/` and `b/` of diffs. */
export type FileEdit =
  /** `alternative` is the old side's name, where a diff gives two that differ. The path is empty where no file is named. */
  | { kind: "change"; path: string; alternative: string | null; hunks: Hunk[] }
  | { kind: "rename"; path: string; to: string; hunks: Hunk[] }
  | { kind: "create"; path: string; text: string }
  /** Hunks, where given, must hold the whole file. */
  | { kind: "delete"; path: string; hunks: Hunk[] }
  /** A whole file, new or old. `aside`: shown next to other edits, so that it counts for new files only. */
  | { kind: "write"; path: string; text: string; aside: boolean };

/** Lines that a hunk expects to find. */
export function oldLines(hunk: Hunk): string[] {
  return hunk.lines.filter((line) => line.op !== "+").map((line) => line.text);
}

/** Lines that a hunk leaves behind. */
function newLines(hunk: Hunk): string[] {
  return hunk.lines.filter((line) => line.op !== "-").map((line) => line.text);
}

/** The edits as a git diff; whole files are printed as labelled fences. The inverse of reading it. */
export function printEdits(edits: readonly FileEdit[]): string {
  return edits.map(printEdit).join("");
}

function printEdit(edit: FileEdit): string {
  switch (edit.kind) {
    case "change":
      return header(edit.alternative ?? edit.path, edit.path) + printHunks(edit.hunks);
    case "rename": {
      const names = `diff --git ${quote(`a/${edit.path}`)} ${quote(`b/${edit.to}`)}\nrename from ${quote(edit.path)}\nrename to ${quote(edit.to)}\n`;
      return names + (edit.hunks.length === 0 ? "" : header(edit.path, edit.to) + printHunks(edit.hunks));
    }
    case "create": {
      const git = `diff --git ${quote(`a/${edit.path}`)} ${quote(`b/${edit.path}`)}\nnew file mode 100644\n`;
      if (edit.text === "") return git;
      const lines = edit.text.replace(/\n$/, "").split("\n");
      const added = lines.map((text) => ({ op: "+" as const, text }));
      const hunk: Hunk = { ...plainHunk(added, 0), bareEnd: { old: false, new: !edit.text.endsWith("\n") } };
      return `${git}--- /dev/null\n+++ ${quote(`b/${edit.path}`)}\n${printHunks([hunk])}`;
    }
    case "delete": {
      const git = `diff --git ${quote(`a/${edit.path}`)} ${quote(`b/${edit.path}`)}\ndeleted file mode 100644\n`;
      return git + (edit.hunks.length === 0 ? "" : `--- ${quote(`a/${edit.path}`)}\n+++ /dev/null\n${printHunks(edit.hunks)}`);
    }
    case "write": {
      const longest = Math.max(2, ...(edit.text.match(/^`+/gm) ?? []).map((run) => run.length));
      const fence = "`".repeat(longest + 1);
      return `${edit.path}\n${fence}\n${edit.text}${edit.text.endsWith("\n") ? "" : "\n"}${fence}\n`;
    }
  }
}

function header(from: string, to: string): string {
  return `--- ${quote(`a/${from}`)}\n+++ ${quote(`b/${to}`)}\n`;
}

function printHunks(hunks: readonly Hunk[]): string {
  let shift = 0;
  return hunks
    .map((hunk) => {
      const before = oldLines(hunk).length;
      const after = newLines(hunk).length;
      const to = hunk.at === null ? 0 : Math.max(0, hunk.at + shift + (before === 0 ? 1 : 0) - (after === 0 ? 1 : 0));
      shift += after - before;
      const numbers = hunk.at === null ? "@@" : `@@ -${hunk.at},${before} +${to},${after} @@`;
      const outer = hunk.below.slice(0, -1).map((line) => `@@ ${line}\n`);
      const head = hunk.below.length === 0 ? numbers : `${numbers} ${hunk.below.at(-1) ?? ""}`;
      return `${outer.join("")}${head}\n${printBody(hunk)}${hunk.last ? "*** End of File\n" : ""}`;
    })
    .join("");
}

function printBody(hunk: Hunk): string {
  const lastOf = (gone: string) => hunk.lines.findLastIndex((line) => line.op !== gone);
  const bare = new Set([...(hunk.bareEnd.old ? [lastOf("+")] : []), ...(hunk.bareEnd.new ? [lastOf("-")] : [])]);
  return hunk.lines.map(({ op, text }, index) => `${op}${text}\n${bare.has(index) ? "\\ No newline at end of file\n" : ""}`).join("");
}

/** A name as git writes it: in quotes with escapes where it holds a character that would be misread. */
function quote(path: string): string {
  const escaped = path.replace(/["\\]|\p{Cc}/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code > 0x7f) return character;
    return code >= 0x20 && code < 0x7f ? `\\${character}` : `\\${code.toString(8).padStart(3, "0")}`;
  });
  return escaped === path ? path : `"${escaped}"`;
}
