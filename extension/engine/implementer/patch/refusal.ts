/** Why an answer was not applied: a reason for programs, and one line for people and for the model that is asked to revise. */
import { ProvingGroundError, type ErrorCode } from "../../../protocol/errors.ts";
import type { AttemptOutcome } from "../../../protocol/idea.ts";

/** The place in a file most like what a hunk expects. Lines count from 1. */
export interface Nearest {
  line: number;
  lines: string[];
  /** First line that differs: where it is, what it is, what the patch says it is. */
  differs: { line: number; found: string | null; wanted: string };
}

/** Hunks count from 1 in the order they were written for their file. */
export type Refusal =
  | { reason: "unreadable"; what: string; line: number | null }
  | { reason: "unknown file"; path: string; like: string[] }
  | { reason: "several files"; path: string; fits: string[] }
  | { reason: "file exists"; path: string }
  | { reason: "missing"; path: string; hunk: number; nearest: Nearest | null }
  | { reason: "ambiguous"; path: string; hunk: number; lines: number[] }
  | { reason: "no context"; path: string; hunk: number }
  | { reason: "overlap"; path: string; hunk: number; other: number }
  | { reason: "cut off"; path: string; hunk: number }
  | { reason: "indentation"; path: string; hunk: number; line: number }
  | { reason: "left out"; path: string; hunk: number; text: string }
  | { reason: "excerpt"; path: string; why: string }
  | { reason: "not text"; path: string }
  | { reason: "too large"; path: string; bytes: number; limit: number }
  | { reason: "protected"; path: string; pattern: string }
  | { reason: "protected region"; path: string; what: string; line: number }
  | { reason: "not editable"; path: string; patterns: readonly string[] }
  | { reason: "outside"; path: string; why: string }
  | { reason: "empty" };

export class PatchRefusal extends ProvingGroundError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    const line = lineOf(refusal);
    super(
      codeOf(refusal),
      sentenceOf(refusal),
      "path" in refusal ? { place: { file: refusal.path, ...(line === null ? {} : { line }) } } : {},
    );
    this.name = "PatchRefusal";
    this.refusal = refusal;
  }

  /** How the attempt is recorded. */
  get outcome(): AttemptOutcome {
    switch (this.refusal.reason) {
      case "unreadable":
      case "cut off":
        return "unreadable answer";
      case "protected":
      case "protected region":
      case "not editable":
        return "protected";
      case "outside":
        return "outside";
      case "empty":
        return "empty";
      default:
        return "would not apply";
    }
  }

  /** The reason with what helps to correct it: the lines that are really there, with their numbers. */
  get detail(): string {
    const nearest = this.refusal.reason === "missing" ? this.refusal.nearest : null;
    if (nearest === null) return this.message;
    const width = String(nearest.line + nearest.lines.length).length;
    const shown = nearest.lines.map((text, index) => `${String(nearest.line + index).padStart(width)} | ${text}`);
    return `${this.message}\nThe nearest text in the file is:\n${shown.join("\n")}`;
  }
}

function codeOf(refusal: Refusal): ErrorCode {
  switch (refusal.reason) {
    case "unreadable":
    case "cut off":
      return "model-answer";
    case "protected":
    case "protected region":
    case "not editable":
      return "protected-path";
    case "outside":
      return "outside-path";
    case "empty":
      return "empty-change";
    default:
      return "patch";
  }
}

function lineOf(refusal: Refusal): number | null {
  if (refusal.reason === "missing") return refusal.nearest?.differs.line ?? null;
  if (refusal.reason === "indentation" || refusal.reason === "protected region") return refusal.line;
  return refusal.reason === "ambiguous" ? (refusal.lines[0] ?? null) : null;
}

function sentenceOf(refusal: Refusal): string {
  if ("hunk" in refusal) return `${refusal.path}: hunk ${refusal.hunk}: ${sentenceOfHunk(refusal)}`;
  switch (refusal.reason) {
    case "unreadable":
      return refusal.line === null ? refusal.what : `line ${refusal.line} of the answer: ${refusal.what}`;
    case "unknown file":
      return `${refusal.path}: there is no such file${refusal.like.length === 0 ? "" : `; there is ${refusal.like.join(", ")}`}`;
    case "several files":
      return `${refusal.path}: several files fit this name: ${refusal.fits.join(", ")}`;
    case "file exists":
      return `${refusal.path}: is to be created, but is already there`;
    case "excerpt":
      return `${refusal.path}: is given as a whole file, but ${refusal.why}`;
    case "not text":
      return `${refusal.path}: is not a text file`;
    case "too large":
      return `${refusal.path}: has ${refusal.bytes} bytes, more than the ${refusal.limit} allowed`;
    case "protected":
      return `${refusal.path}: is protected${refusal.pattern === refusal.path ? "" : ` (by ${refusal.pattern})`}`;
    case "protected region":
      return `${refusal.path}: line ${refusal.line}: ${refusal.what} is protected`;
    case "not editable":
      return `${refusal.path}: is not among the editable files (${refusal.patterns.join(", ")})`;
    case "outside":
      return `${refusal.path}: ${refusal.why}`;
    case "empty":
      return "the change is empty: every file stays as it is";
  }
}

function sentenceOfHunk(refusal: Extract<Refusal, { hunk: number }>): string {
  switch (refusal.reason) {
    case "missing":
      return missing(refusal.nearest);
    case "ambiguous":
      return `its lines are found at several places: lines ${listed(refusal.lines)}`;
    case "no context":
      return "has neither lines to be found nor a line number that holds";
    case "overlap":
      return `changes the same lines as hunk ${refusal.other}`;
    case "cut off":
      return "the answer ends in the middle of it";
    case "indentation":
      return `is found at line ${refusal.line} with another indentation, and how deep its new lines belong is not sure; copy the lines with their white space`;
    case "left out":
      return `its new lines leave something out at \`${shorten(refusal.text)}\`; write them all`;
  }
}

function missing(nearest: Nearest | null): string {
  if (nearest === null) return "its lines are not in the file, nor anything like them";
  const { line, found, wanted } = nearest.differs;
  const is = found === null ? "the file ends" : `is \`${shorten(found)}\``;
  return `its lines are not in the file; nearest is line ${nearest.line}, but line ${line} ${is} where the patch has \`${shorten(wanted)}\``;
}

function shorten(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}

function listed(lines: readonly number[]): string {
  return lines.length <= 5 ? lines.join(", ") : `${lines.slice(0, 5).join(", ")} and ${lines.length - 5} more`;
}
