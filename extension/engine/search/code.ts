/** An environment's code at a commit, as sources of ideas need it: its context files and the values of its knobs. */
import path from "node:path";
import picomatch from "picomatch";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { KnobValue } from "../../protocol/manifest.ts";
import { readKnob } from "../environments/knobs.ts";
import type { Git } from "../git/git.ts";
import type { ContextFile } from "../ideator/compose.ts";
import type { Assignment } from "../models/knob-values.ts";

/** A context file longer than this is not shown, in characters: it is data rather than code. */
const LONGEST_FILE = 200_000;

/** The manifest's context files, in the order of its patterns, without binary files. */
export async function contextFiles(git: Git, environment: ValidEnvironment, commit: string): Promise<ContextFile[]> {
  const { directory, manifest } = environment;
  const prefix = directory === "." ? "" : `${directory}/`;
  const inside = (await git.listFiles(commit, directory)).map((file) => file.slice(prefix.length));
  const chosen = new Set(
    manifest.files.context.flatMap((glob) => {
      const matches = picomatch(glob, { dot: true });
      return inside.filter((file) => matches(file));
    }),
  );
  const files = await Promise.all([...chosen].map(async (file) => ({ path: file, text: await git.fileAt(commit, prefix + file) })));
  return files.flatMap(({ path: file, text }) =>
    text === null || text.length > LONGEST_FILE || text.includes("\0") ? [] : [{ path: file, text }],
  );
}

/** Values of the knobs in a commit; one whose place was rewritten is left out, because it can no longer be turned there. */
export async function knobValues(git: Git, { directory, manifest }: ValidEnvironment, commit: string): Promise<Assignment> {
  const files = new Map<string, Promise<string | null>>();
  const values: Record<string, KnobValue> = {};
  for (const knob of manifest.knobs) {
    const file = path.posix.join(directory, knob.file);
    const reading = files.get(file) ?? git.fileAt(commit, file);
    files.set(file, reading);
    const text = await reading;
    if (text === null) continue;
    try {
      values[knob.name] = readKnob(text, knob);
    } catch (thrown) {
      if (!(thrown instanceof ProvingGroundError)) throw thrown;
    }
  }
  return values;
}
