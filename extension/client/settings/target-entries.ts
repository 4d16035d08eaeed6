/** The entries of `provingGround.compute.targets`, checked one by one: pure. */
import { TargetSetting } from "../../protocol/target.ts";

export interface ReadTargets {
  targets: TargetSetting[];
  /** What is wrong with the entries that are not used: each names its place in the list and the field. */
  problems: string[];
}

export function parseTargets(value: unknown): ReadTargets {
  const targets: TargetSetting[] = [];
  const problems: string[] = [];
  if (value !== undefined && value !== null && !Array.isArray(value)) problems.push("`provingGround.compute.targets` must be a list");
  for (const [index, entry] of (Array.isArray(value) ? (value as unknown[]) : []).entries()) {
    const where = `entry ${index + 1} of \`provingGround.compute.targets\``;
    const { data, error } = TargetSetting.safeParse(entry);
    const [issue] = error?.issues ?? [];
    if (data === undefined) problems.push([`${where}:`, issue?.path.join("."), issue?.message].filter(Boolean).join(" "));
    else if (targets.some(({ name }) => name === data.name)) problems.push(`${where}: the name ${data.name} is taken`);
    else targets.push(data);
  }
  return { targets, problems };
}

/** Messages of ours go on after the name of what is wrong; the library's own are sentences. */
const OURS = /^(must|is|needs)\b/;

/** What is wrong with one field of an entry that is being written; null when nothing is. */
export function fieldProblem(entry: Readonly<Record<string, unknown>>, field: string): string | null {
  const issue = TargetSetting.safeParse(entry).error?.issues.find(({ path }) => path[0] === field);
  return issue === undefined ? null : `The ${field} ${OURS.test(issue.message) ? "" : "cannot be used: "}${issue.message}.`;
}
