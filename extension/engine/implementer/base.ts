/** The code an idea is written on, and whether what was written on it still stands on the same ground. */
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { MANIFEST_FILE, type Manifest } from "../../protocol/manifest.ts";
import type { Environments } from "../environments/catalogue.ts";
import type { Git } from "../git/git.ts";
import type { IdeaRecord } from "../store/ideas.ts";
import type { Store } from "../store/store.ts";
import type { Rules } from "./patch/paths.ts";

export interface Grounds {
  git: Git;
  store: Store;
  environments: Environments;
}

/**
 * Commit that an idea is to be written on: the baseline's, or its base idea's implementation. A search keeps the baseline it began with,
 * whatever is committed or edited meanwhile.
 * @throws ProvingGroundError `dirty-baseline`, `no-commit`, `base-moved`
 */
export async function baseFor(grounds: Grounds, idea: IdeaRecord, environment: ValidEnvironment): Promise<string> {
  if (idea.base === null) return keptBaseline(grounds, idea) ?? (await grounds.environments.baselineCode(environment)).commit;
  return implementedBase(grounds, idea, idea.base);
}

/**
 * Sees that what was written on a commit may still be approved. The baseline may have gone on as long as the environment's own
 * folder is as it was; a base idea must still be implemented by the same commit.
 * @throws ProvingGroundError `base-moved`
 */
export async function checkBase(grounds: Grounds, idea: IdeaRecord, environment: ValidEnvironment, commit: string): Promise<void> {
  const { git } = grounds;
  const tree = await git.treeOf(commit, environment.directory);
  if (tree === null) {
    throw moved(idea, `the commit ${commit.slice(0, 10)} that it was written on is gone, or has no folder ${environment.directory}`);
  }
  if (idea.base !== null) {
    const now = implementedBase(grounds, idea, idea.base);
    if (now !== commit) throw moved(idea, `idea #${idea.base}, which it builds on, was implemented anew since`);
    return;
  }
  if (keptBaseline(grounds, idea) === commit) return;
  if ((await git.treeOf(await git.headCommit(), environment.directory)) !== tree) {
    throw moved(idea, `${environment.directory === "." ? "the baseline" : environment.directory} was changed by commits since`);
  }
}

/** What an implementation may touch. The manifest itself never: it says how the run is judged. */
export function rulesOf(manifest: Manifest): Required<Rules> {
  const { editable, protected: globs, protected_regions: regions } = manifest.files;
  return { editable, protected: [...new Set([...globs, MANIFEST_FILE])], regions };
}

function keptBaseline({ store }: Grounds, { search }: IdeaRecord): string | null {
  return search === null ? null : store.searches.get(search).baseline;
}

function implementedBase({ store }: Grounds, idea: IdeaRecord, base: number): string {
  const implementation = store.implementations.implementation(base);
  if (implementation === null) throw moved(idea, `idea #${base}, which it builds on, has no approved implementation`);
  if (store.ideas.record(base).rejected) throw moved(idea, `idea #${base}, which it builds on, was rejected`);
  return implementation.commit;
}

function moved(idea: IdeaRecord, why: string): ProvingGroundError {
  return new ProvingGroundError("base-moved", `idea #${idea.id} cannot stand on its base: ${why}`, {
    hint: "Implement it again to write it on the code as it is now, or discard it.",
  });
}
