/** `patch apply`: what a model answered, applied to a plain folder, all or nothing. Needs no engine and no repository. */
import type { Command } from "commander";
import { applyToFolder } from "../../engine/implementer/patch/folder.ts";
import { PatchRefusal } from "../../engine/implementer/patch/refusal.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { leaf, print, wantsJson, type Context } from "../context.ts";
import { readInput } from "../input.ts";

export function addPatchCommands(program: Command, context: Context): void {
  leaf(
    program
      .command("patch")
      .description("patches without a lab")
      .command("apply")
      .argument("<dir>", "folder that is changed in place")
      .argument("<file>", "the answer: a diff or search/replace blocks, prose around it allowed; - reads standard input")
      .option("--protected <glob...>", "files that must not be touched; after the arguments", [])
      .description("apply a model's answer, all or nothing"),
  ).action(async (folder: string, file: string, options: { protected: string[] }, command: Command) => {
    const answer = await readInput(file);
    const changed = apply(folder, answer, options.protected, wantsJson(command));
    print(context, command, { changed }, changed.join("\n"));
  });
}

/**
 * @param detailed whether a refusal comes with the text that is really there; without, it is one line
 * @throws ProvingGroundError
 */
function apply(folder: string, answer: string, guarded: readonly string[], detailed: boolean): string[] {
  try {
    return applyToFolder(folder, answer, { protected: guarded });
  } catch (cause) {
    if (!(cause instanceof PatchRefusal) || !detailed) throw cause;
    const [, ...nearest] = cause.detail.split("\n");
    throw new ProvingGroundError(cause.code, cause.message, {
      hint: ["Nothing was changed.", ...nearest].join("\n"),
      ...(cause.place === undefined ? {} : { place: cause.place }),
      cause,
    });
  }
}
