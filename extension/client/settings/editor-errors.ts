/** What goes wrong with the editor's own models, in words and with what to do: pure. */
import { ProvingGroundError } from "../../protocol/errors.ts";

/** @param title the model's name as the editor shows it */
export function editorError(thrown: unknown, title: string): ProvingGroundError {
  if (thrown instanceof ProvingGroundError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const fail = (message: string, hint: string) => new ProvingGroundError("model", message, { hint, cause: error });
  switch ((error as { code?: unknown }).code) {
    case "NoPermissions":
      return fail(
        `Proving Ground may not use ${title}`,
        "Allow it with “Manage Language Model Access” in the menu of your account, or choose another model.",
      );
    case "Blocked":
      return fail(
        `the editor blocks requests to ${title}: ${error.message}`,
        "A quota may be used up; wait, look at your plan, or choose another model.",
      );
    case "NotFound":
      return notThere(title, error);
    default: {
      const cause = error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
      return fail(`${title} failed: ${cause}`, "Try again, or choose another model.");
    }
  }
}

export function notThere(title: string, cause?: unknown): ProvingGroundError {
  return new ProvingGroundError("model", `the editor has no model ${title} any more`, {
    hint: "See that the extension that brings it is installed and signed in, or choose another model.",
    cause,
  });
}

/** The first use of a model needs the user's consent, which may only be asked for when the user did something. */
export function notAskedYet(title: string): ProvingGroundError {
  return new ProvingGroundError("model", `the editor has not been asked yet whether Proving Ground may use ${title}`, {
    hint: "Generate or implement something with it once: the editor asks then.",
  });
}
