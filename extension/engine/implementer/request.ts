/** Fills the implementer's prompts: the idea, the code with its line numbers, and what may be touched. */
import picomatch from "picomatch";
import type { Message } from "../models/language-model.ts";
import type { Prompts } from "../models/prompts.ts";
import type { Job } from "./job.ts";
import type { Tree } from "./patch/tree.ts";

/** What happened before the model is asked. */
export interface Background {
  /** Unified diff by which the idea's parent changed its own base; null on the baseline. */
  parentDiff: string | null;
  /** Why earlier attempts at this idea failed. */
  failures: readonly string[];
  /** What the human asks to do differently. */
  note: string | null;
  /** An implementation of the same idea whose run failed: its diff, why, and the end of its log. */
  crash: { diff: string; reason: string | null; log: string } | null;
}

/** @throws ProvingGroundError `usage` when an overridden prompt has an unknown placeholder */
export async function firstMessages(
  prompts: Prompts,
  { record: idea, environment: { manifest }, rules }: Job,
  tree: Tree,
  { parentDiff, failures, note, crash }: Background,
): Promise<Message[]> {
  const isContext = picomatch(manifest.files.context, { dot: true });
  const shown = [...tree.paths()].filter((path) => isContext(path)).sort();
  const content = await prompts.render("implement", {
    title: manifest.title,
    objective: manifest.objective.trim(),
    rules: manifest.rules.length === 0 ? "- No new packages." : manifest.rules.map((rule) => `- ${rule.trim()}`).join("\n"),
    editable: listed(rules.editable),
    protected: listed([
      ...rules.protected,
      ...rules.regions.flatMap(({ file, functions }) => functions.map((name) => `${name} in ${file}`)),
    ]),
    files: shown.map((path) => numbered(path, tree.read(path) ?? "")).join("\n\n"),
    origin: idea.base === null ? "This is the unchanged code." : `This is the code of experiment #${idea.base}, on which the idea builds.`,
    idea: idea.text.title,
    description: idea.text.description.trim(),
    changes: idea.text.changes.trim() === "" ? "" : `Planned changes:\n\n${idea.text.changes.trim()}`,
    parent: parentDiff === null ? "" : `How experiment #${idea.base} had changed it:\n\n${fenced(parentDiff.trimEnd(), "diff")}`,
    failures: failures.length === 0 ? "" : `Earlier attempts at this idea failed:\n\n${failures.map((reason) => `- ${reason}`).join("\n")}`,
    crash: crash === null ? "" : crashed(crash),
    note: note === null || note.trim() === "" ? "" : `The researcher remarks:\n\n${note.trim()}`,
  });
  return [{ role: "user", content }];
}

/** The conversation after an answer that was refused. */
export async function revised(prompts: Prompts, messages: readonly Message[], answer: string, reason: string): Promise<Message[]> {
  return [...messages, { role: "assistant", content: answer }, { role: "user", content: await prompts.render("revise", { reason }) }];
}

function crashed({ diff, reason, log }: NonNullable<Background["crash"]>): string {
  const why = reason === null ? "" : ` (${reason})`;
  return `The idea was implemented before, and that run failed${why}. The change was:

${fenced(diff.trimEnd(), "diff")}

The end of its log:

${fenced(log.trim())}

Find the cause and give the whole change again, corrected, on the code as it is shown above.`;
}

/** A file under its path, lines numbered from 1, in a fence that nothing in it closes. */
function numbered(path: string, text: string): string {
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const width = String(lines.length).length;
  return `### ${path}\n\n${fenced(lines.map((line, index) => `${String(index + 1).padStart(width)} | ${line}`).join("\n"))}`;
}

/** Text in a fence that nothing in it closes. */
function fenced(text: string, language = ""): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

function listed(globs: readonly string[]): string {
  return globs.map((glob) => `\`${glob}\``).join(", ");
}
