/** The document that “Write One” opens, and reading it back. */
import type { IdeaText } from "../../protocol/idea.ts";
import { parseIdea } from "../../protocol/idea-markdown.ts";

const WHY = "<!-- What is to change, and why should it help? -->";
const WHAT = "<!-- Which code is to change, and how? Save the file to add the idea. -->";

export const NEW_IDEA = `# \n\n${WHY}\n\n## Changes\n\n${WHAT}\n`;

/** Place of the title in {@link NEW_IDEA}: where the cursor waits. */
export const TITLE_COLUMN = 2;

/** Reads an idea's document; questions that the template asked are no part of it. @throws ProvingGroundError when there is no title */
export function readIdea(text: string): IdeaText {
  return parseIdea(text.replace(WHY, "").replace(WHAT, ""));
}
