/** What the user has typed but the extension has not answered yet: it must win over an older state that arrives meanwhile. */
import type { ComposerState } from "../../extension/protocol/webview/composer.ts";

/** Fields that the user types into or drags. */
export type Drafts = Partial<Pick<ComposerState, "instructions" | "exploit">>;
type Field = keyof Drafts;

/**
 * The drafts that still hold after a new state.
 * A draft ends when the state agrees with it, or when the state's own value moved while the user was elsewhere.
 * @param focused the field that has the keyboard, if any: it is never taken away from the user
 */
export function keepDrafts(drafts: Drafts, before: ComposerState | null, after: ComposerState, focused: Field | null): Drafts {
  const kept = Object.entries(drafts).filter(([name, draft]) => {
    const field = name as Field;
    if (draft === after[field]) return false;
    return field === focused || before === null || before[field] === after[field];
  });
  return Object.fromEntries(kept);
}
