/** What a generation has come to, and what a model has written so far, in words: pure. */
import type { Generated } from "../../protocol/methods.ts";
import { costText } from "../../protocol/spending.ts";
import type { ComposerState } from "../../protocol/webview/composer.ts";
import { counted, grouped } from "../../protocol/format.ts";
import { sentence } from "../../protocol/message.ts";

/** How many and for how much, then one line per note. */
export function outcomeOf({ ideas, notes, usage, cost }: Generated): NonNullable<ComposerState["message"]> {
  const fresh = ideas.filter(({ status }) => status !== "rejected").length;
  const tokens = usage === null ? [] : [`${grouped(usage.inputTokens)} tokens in`, `${grouped(usage.outputTokens)} out`];
  const took = [...tokens, ...(cost === null ? [] : [costText(cost)])].join(", ");
  return {
    level: notes.length > 0 ? "warning" : "info",
    text: [`${counted(fresh, "new idea")}${took === "" ? "" : ` (${took})`}.`, ...notes.map(sentence)].join("\n"),
  };
}

/** A model's answer while it is written, without the tags or the JSON around it; a tag that has not come whole is not shown. */
export function answerSoFar(raw: string): string {
  return raw
    .replace(/<\/?[a-z]{0,11}$/, "")
    .replaceAll(/\{\s*"ideas"\s*:\s*\[|"\s*\}\s*(?:,|(?=\{)|\]?\s*\}?\s*$)/g, "")
    .replaceAll(/<title>\s*|\{?\s*"title"\s*:\s*"/g, "\n• ")
    .replaceAll(/"\s*,\s*"(?:description|changes)"\s*:\s*"/g, "\n")
    .replaceAll(/<\/?(?:idea|title|description|changes)>/g, "\n")
    .replaceAll(String.raw`\n`, "\n")
    .replaceAll(String.raw`\"`, '"')
    .replaceAll(/\s*\n\s*/g, "\n")
    .trim();
}
