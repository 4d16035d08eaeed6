/** A list of targets as a user writes it, in the setting or in a file, checked entry by entry. Pure. */
import { TargetSetting } from "./target.ts";

export interface ReadTargets {
  targets: TargetSetting[];
  /** What is wrong with the entries that are not used: each names its place in the list and the field. */
  problems: string[];
}

/** @param list what the list is called in messages */
export function parseTargets(value: unknown, list = "`provingGround.compute.targets`"): ReadTargets {
  const targets: TargetSetting[] = [];
  const problems: string[] = [];
  if (value !== undefined && value !== null && !Array.isArray(value)) problems.push(`${list} must be a list`);
  for (const [index, entry] of (Array.isArray(value) ? (value as unknown[]) : []).entries()) {
    const where = `entry ${index + 1} of ${list}`;
    const { data, error } = TargetSetting.safeParse(entry);
    const [issue] = error?.issues ?? [];
    if (data === undefined) problems.push([`${where}:`, issue?.path.join("."), inWords(issue)].filter(Boolean).join(" "));
    else if (targets.some(({ name }) => name === data.name)) problems.push(`${where}: the name ${data.name} is taken`);
    else targets.push(data);
  }
  return { targets, problems };
}

type Issue = NonNullable<ReturnType<typeof TargetSetting.safeParse>["error"]>["issues"][number];

/** Messages of ours go on after the name of what is wrong; the library's own are sentences. */
const OURS = /^(must|is|needs)\b/;

/** What is wrong with one field of an entry that is being written; null when nothing is. */
export function fieldProblem(entry: Readonly<Record<string, unknown>>, field: string): string | null {
  const issue = TargetSetting.safeParse(entry).error?.issues.find(({ path }) => path[0] === field);
  if (issue === undefined) return null;
  const words = inWords(issue);
  return `The ${field} ${OURS.test(words) ? "" : "cannot be used: "}${words}.`;
}

/** The library's message as what comes after the name of a field. */
function inWords(issue: Issue | undefined): string {
  if (issue?.path[0] === "kind" && issue.path.length === 1) return "must be ssh, slurm or ray";
  const message = issue?.message ?? "";
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (expected === undefined) return message;
  return received === "undefined" ? "is missing" : `must be ${/^[aeiou]/.test(expected) ? "an" : "a"} ${expected}`;
}
