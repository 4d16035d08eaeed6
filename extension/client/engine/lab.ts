/** One repository's lab as the editor's parts see it: its name, its link, and finding what is in it. */
import { basename } from "node:path";
import type { Environment, ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea } from "../../protocol/idea.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import { repetitionText } from "../../protocol/repetition.ts";
import type { Run } from "../../protocol/run.ts";
import type { Search } from "../../protocol/search.ts";
import type { EngineLink } from "./link.ts";

export class Lab {
  /** Absolute path of the repository's top. */
  readonly repository: string;
  /** Short, unique among the labs of this window, the same in every session: used in document addresses. */
  readonly key: string;
  readonly link: EngineLink;

  constructor(repository: string, key: string, link: EngineLink) {
    this.repository = repository;
    this.key = key;
    this.link = link;
  }

  get name(): string {
    return basename(this.repository);
  }

  get snapshot(): Snapshot | null {
    return this.link.snapshot;
  }

  get environments(): readonly Environment[] {
    return this.snapshot?.environments ?? [];
  }

  environment(name: string | null): ValidEnvironment | null {
    return this.environments.find((one): one is ValidEnvironment => one.state === "valid" && one.name === name) ?? null;
  }

  /** @throws ProvingGroundError `unknown-idea` */
  idea(id: number): Idea {
    const found = this.snapshot?.ideas.find((idea) => idea.id === id);
    if (found === undefined) throw new ProvingGroundError("unknown-idea", `there is no idea #${id} in ${this.name}`);
    return found;
  }

  /** The search that an idea belongs to; null for one of none. */
  searchOf({ search: id }: Pick<Idea, "search">): Search | null {
    return this.snapshot?.searches.find((search) => search.id === id) ?? null;
  }

  /** Searches of an environment that have not ended, the newest first. */
  openSearches(environment: string): Search[] {
    const mine = this.snapshot?.searches.filter((search) => search.environment === environment && search.state !== "ended") ?? [];
    return mine.toReversed();
  }

  /** What an idea nearly repeats and how that went, in words; null for one of its own. */
  repetitionOf(idea: Idea): string | null {
    const earlier = this.snapshot?.ideas.find(({ id }) => id === idea.repeats?.idea) ?? null;
    return repetitionText(idea, earlier, this.environment(idea.environment)?.manifest.metric.name ?? null);
  }

  run(id: number): Run | null {
    return this.snapshot?.runs.find((run) => run.id === id) ?? null;
  }

  /** Title of the idea a run executes, or what it is instead. */
  runTitle(run: Run): string {
    if (run.idea === null) return "Baseline";
    return this.snapshot?.ideas.find((idea) => idea.id === run.idea)?.title ?? `#${run.idea}`;
  }
}

/**
 * Keys for repositories: the folder's name, with a number from the second of the same name on.
 * Ordered by path, so that they do not depend on the order in which folders were opened.
 */
export function keysFor(repositories: readonly string[]): Map<string, string> {
  const taken = new Map<string, number>();
  return new Map(
    [...new Set(repositories)].sort().map((repository) => {
      const name = basename(repository).replace(/[^\w.-]+/g, "-") || "repository";
      const count = (taken.get(name) ?? 0) + 1;
      taken.set(name, count);
      return [repository, count === 1 ? name : `${name}-${count}`];
    }),
  );
}
