/** An idea as the Markdown that humans edit: `# Title`, the description, and a `## Changes` section. */
import { ProvingGroundError } from "./errors.ts";
import type { IdeaText } from "./idea.ts";

const CHANGES = "## Changes";

/** The text of an idea as a Markdown document that ends in a newline. */
export function printIdea(idea: IdeaText): string {
  const parts = [`# ${idea.title.replace(/\s+/g, " ").trim()}`, idea.description.trim(), CHANGES, idea.changes.trim()];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/**
 * Reads it back. Text before the title belongs to the description; what follows the last `## Changes` is the planned changes.
 * @throws ProvingGroundError `usage` when there is no title
 */
export function parseIdea(markdown: string): IdeaText {
  const lines = markdown.replace(/\r\n/g, "\n").split("\n");
  const titleAt = lines.findIndex((line) => /^#\s+\S/.test(line));
  if (titleAt === -1) {
    throw new ProvingGroundError("usage", "the idea has no title", { hint: "Begin it with a line `# Title`." });
  }
  const title = (lines[titleAt] ?? "").replace(/^#\s+/, "").trim();
  const body = [...lines.slice(0, titleAt), ...lines.slice(titleAt + 1)];
  const changesAt = body.findLastIndex((line) => /^##\s+Changes\s*$/i.test(line));
  const join = (part: string[]) => part.join("\n").trim();
  if (changesAt === -1) return { title, description: join(body), changes: "" };
  return { title, description: join(body.slice(0, changesAt)), changes: join(body.slice(changesAt + 1)) };
}
