/** Reading of what the extension sends to the results panel. */
import { ToResults } from "../../extension/protocol/webview/results.ts";

/**
 * Checks a message. Of the large ones (`snapshot`, `delta`, `answer`) only the tag and the outline are checked here: they come from our own
 * extension, which checked them when the engine sent them, and checking ten thousand rows again would cost more than
 * the whole first paint. Answers are checked when they reach whoever asked.
 */
export function readMessage(data: unknown): ToResults | null {
  if (typeof data !== "object" || data === null || !("type" in data)) return null;
  if (data.type === "snapshot") return "snapshot" in data && "environment" in data ? (data as ToResults) : null;
  if (data.type === "delta") return "delta" in data ? (data as ToResults) : null;
  return ToResults.safeParse(data).data ?? null;
}
