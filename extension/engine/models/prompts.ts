/** Prompts as Markdown files with named placeholders, which a workspace can override one by one. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";

const PLACEHOLDER = /\{\{\s*([^{}\s]+)\s*\}\}/g;

export class Prompts {
  readonly #folders: readonly string[];

  /** @param folders where `<name>.md` is looked for, the first that has it wins: the workspace's, then the bundled one */
  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /**
   * The prompt with its placeholders filled in. Comments (`<!-- … -->`) at its start are for the person who edits it.
   * @param values text by placeholder; text that itself looks like a placeholder stays as it is
   * @throws ProvingGroundError "usage" on a placeholder that is not among the values, with file and line
   */
  async render(name: string, values: Readonly<Record<string, string>>): Promise<string> {
    const { file, text } = await this.#load(name);
    const comment = /^(?:\s*<!--[\s\S]*?-->)+/.exec(text)?.[0] ?? "";
    const commentLines = comment.split("\n").length - 1;
    const body = text.slice(comment.length);
    const filled = body.replace(PLACEHOLDER, (whole, placeholder: string, at: number) => {
      const value = Object.hasOwn(values, placeholder) ? values[placeholder] : undefined;
      if (value !== undefined) return value;
      const line = commentLines + body.slice(0, at).split("\n").length;
      throw new ProvingGroundError("usage", `${file}:${line}: the prompt has an unknown placeholder ${whole}`, {
        hint: `Known in ${name}.md: ${Object.keys(values).join(", ")}.`,
        place: { file, line },
      });
    });
    return filled.trim();
  }

  async #load(name: string): Promise<{ file: string; text: string }> {
    for (const folder of this.#folders) {
      const file = join(folder, `${name}.md`);
      try {
        return { file, text: await readFile(file, "utf8") };
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw ProvingGroundError.from(thrown);
      }
    }
    throw new ProvingGroundError("internal", `the prompt ${name}.md is missing`, {
      hint: `It was looked for in ${this.#folders.join(" and ")}; reinstall the extension.`,
    });
  }
}
