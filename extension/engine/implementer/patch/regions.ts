/**
 * Parts of a file that no change may touch although the rest is editable: what stands between two comments,
 *
 *     # proving-ground: protected
 *     …
 *     # proving-ground: end
 *
 * and the functions and classes that the manifest names.
 */
import picomatch from "picomatch";
import { indentOf } from "./likeness.ts";
import { opensAbove } from "./python.ts";
import { PatchRefusal } from "./refusal.ts";

/** Functions, classes or methods (`Class.method`) of the files that a glob names. */
export interface NamedRegions {
  file: string;
  functions: readonly string[];
}

/** A protected part: what it is called, its lines, and where they begin. */
interface Region {
  what: string;
  lines: string[];
  row: number;
}

const MARK_WORD = "proving-ground:";
const MARK = /(?:#|\/\/|--|;|%|<!--|\/\*)\s*proving-ground:\s*(protected|end)\b/;

/**
 * Sees that the protected parts of a file are as they were, and that nothing else takes the names of protected functions.
 * @param after null for a file that is deleted
 * @throws PatchRefusal `protected region`
 */
export function checkRegions(path: string, before: string | null, after: string | null, named: readonly NamedRegions[]): void {
  if (before === null || (!before.includes(MARK_WORD) && namesIn(path, named).length === 0)) return;
  const old = linesOf(before);
  const now = after === null ? [] : linesOf(after);
  const refuse = ({ what, row }: Region) => new PatchRefusal({ reason: "protected region", path, what, line: row + 1 });
  const marked = markedRegions(old);
  const kept = markedRegions(now);
  marked.forEach((region, at) => {
    if (!same(old, region, now, kept[at])) throw refuse(region);
  });
  const extra = kept[marked.length];
  if (marked.length > 0 && extra !== undefined) throw refuse(extra);
  for (const name of namesIn(path, named)) {
    const region = functionNamed(old, name);
    if (region === null) continue;
    if (!same(old, region, now, functionNamed(now, name)) || bindings(now, name) > bindings(old, name)) throw refuse(region);
  }
}

/** The same lines, and as much inside a string or a bracket as before: not at all, or they would be code no more. */
function same(old: readonly string[], region: Region, now: readonly string[], other: Region | null | undefined): boolean {
  if (!other) return false;
  const sameLines = region.lines.join("\n") === other.lines.join("\n");
  return sameLines && opensAbove(old, region.row) === opensAbove(now, other.row);
}

function markedRegions(lines: readonly string[]): Region[] {
  const regions: Region[] = [];
  let open = null as Region | null;
  for (const [row, line] of lines.entries()) {
    const kind = MARK.exec(line)?.[1];
    if (open === null && kind === "protected") open = { what: "what is between the marks", lines: [], row };
    open?.lines.push(line);
    if (kind !== "end" || open === null) continue;
    regions.push(open);
    open = null;
  }
  return open === null ? regions : [...regions, open];
}

function namesIn(path: string, named: readonly NamedRegions[]): string[] {
  return named.filter(({ file }) => picomatch.isMatch(path, file, { dot: true, nocase: true })).flatMap(({ functions }) => functions);
}

/** A definition with its decorators, up to the line that ends it. */
function functionNamed(lines: readonly string[], name: string): Region | null {
  let from = 0;
  let to = lines.length;
  let row = -1;
  for (const part of name.split(".")) {
    const definition = new RegExp(`^\\s*(?:async\\s+def|def|class)\\s+${escaped(part)}\\b`);
    row = lines.findIndex((line, at) => at >= from && at < to && definition.test(line));
    if (row < 0) return null;
    from = row + 1;
    to = endOfBlock(lines, row, to);
  }
  const depth = indentOf(lines[row] ?? "");
  while (row > 0 && (lines[row - 1] ?? "").startsWith(`${depth}@`)) row--;
  return { what: name, lines: lines.slice(row, to), row };
}

function endOfBlock(lines: readonly string[], row: number, limit: number): number {
  const depth = indentOf(lines[row] ?? "").length;
  let end = row + 1;
  let open = opensAbove(lines.slice(row), 1);
  for (let at = row + 1; at < limit; at++) {
    const line = lines[at] ?? "";
    // Closing brackets of a long signature stand no deeper than the definition.
    if (open === "" && line.trim() !== "" && indentOf(line).length <= depth) break;
    if (line.trim() !== "") end = at + 1;
    open = opensAbove(lines.slice(row), at - row + 1);
  }
  return end;
}

/** How many lines give the name to something. */
function bindings(lines: readonly string[], name: string): number {
  const last = escaped(name.split(".").at(-1) ?? name);
  const binding = new RegExp(
    `^\\s*(?:async\\s+)?(?:def|class)\\s+${last}\\b|(?:^|[.\\s,;(])${last}\\s*(?::[^=]*)?=(?!=)|\\b(?:import|as)\\s+(?:.*[\\s,])?${last}\\b|^\\s*(?:del|global)\\s.*\\b${last}\\b|(?:setattr|globals)\\b.*["']${last}["']`,
  );
  return lines.filter((line) => binding.test(line)).length;
}

function escaped(name: string): string {
  return name.replace(/[^\w]/g, "\\$&");
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}
