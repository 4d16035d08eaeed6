/** Bringing to the disk what an editor shows. */
import { basename } from "node:path";
import type { TextDocument } from "vscode";
import { ProvingGroundError } from "../../protocol/errors.ts";

const ATTEMPTS = 3;

/**
 * Saves a document as it is now. One that says that it is clean too: when the human types while a save is under way, the editor
 * marks the document clean at its end, and the last keystrokes are not on the disk.
 * @throws ProvingGroundError `usage`
 */
export async function save(document: Pick<TextDocument, "fileName" | "isDirty" | "version" | "save">): Promise<void> {
  // A save that meets the editor's own automatic one, or the next keystroke, is not yet the one of this text.
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { version } = document;
    if ((await document.save()) && document.version === version) return;
  }
  // What cannot be written, and says that nobody changed it, is for whoever reads it from the disk to compare.
  if (!document.isDirty) return;
  throw new ProvingGroundError("usage", `${basename(document.fileName)} could not be saved`, {
    hint: "Save it, then try again. Nothing was done yet, and your edit is still in the editor.",
  });
}
