/** `patch apply`: what a model answered, applied to a plain folder, all or nothing. Needs no engine and no repository. */
import { readFile } from "node:fs/promises";
import { text as readStream } from "node:stream/consumers";
import type { Command } from "commander";
import { applyToFolder } from "../../engine/implementer/patch/folder.ts";
import { leaf, print, type Context } from "../context.ts";

export function addPatchCommands(program: Command, context: Context): void {
  leaf(
    program
      .command("patch")
      .description("patches without a lab")
      .command("apply")
      .argument("<dir>", "folder that is changed in place")
      .argument("<file>", "the answer: a diff or search/replace blocks, prose around it allowed; - reads standard input")
      .option("--protected <glob...>", "files that must not be touched", [])
      .description("apply a model's answer, all or nothing"),
  ).action(async (folder: string, file: string, options: { protected: string[] }, command: Command) => {
    const answer = file === "-" ? await readStream(process.stdin) : await readFile(file, "utf8");
    const changed = applyToFolder(folder, answer, { protected: options.protected });
    print(context, command, { changed }, changed.join("\n"));
  });
}
