/** Proposals between being written and being decided: shown, decided hunk by hunk, approved into a commit, or discarded. */
import { join } from "node:path";
import picomatch from "picomatch";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { Idea, IdeaKind } from "../../protocol/idea.ts";
import type { ProposalView } from "../../protocol/proposal.ts";
import { fold, hunksOf, settle, undecided, type Decisions, type FilePair } from "../../protocol/review.ts";
import type { IdeaRecord } from "../store/ideas.ts";
import type { ProposalRecord } from "../store/implementations.ts";
import { checkBase, rulesOf, type Grounds } from "./base.ts";
import type { ProposalFolders } from "./folders.ts";
import { kindOf, kindOfTurned } from "./kind.ts";
import { PathGuard } from "./patch/paths.ts";
import { PatchRefusal } from "./patch/refusal.ts";
import { checkRegions } from "./patch/regions.ts";
import type { Claims } from "./queue.ts";
import { isEdited, readChanges, sizeOf, treeOfCopy, type ChangedText } from "./working-copy.ts";

/** An empty proposal offers at most this many files. */
const OFFERED = 20;

export interface Approval {
  /** Ids of hunks to be left out. */
  reject?: readonly string[];
  /** What to do with hunks nobody decided on. */
  undecided?: "accept" | "refuse";
  /** Ids of the hunks that whoever approves has seen; anything else on disk is refused. */
  seen?: readonly string[] | undefined;
  /** Whose decision it is; the human's when absent. */
  actor?: "human" | "search";
}

interface Opened {
  record: IdeaRecord;
  proposal: ProposalRecord;
  environment: ValidEnvironment;
  folder: string;
}

export class Proposals {
  readonly #grounds: Grounds;
  readonly #folders: ProposalFolders;
  readonly #claims: Claims;
  readonly #clock: () => number;

  /**
   * @param claims shared with the implementer
   * @param clock milliseconds since 1970
   */
  constructor(grounds: Grounds, folders: ProposalFolders, claims: Claims, clock: () => number) {
    this.#grounds = grounds;
    this.#folders = folders;
    this.#claims = claims;
    this.#clock = clock;
  }

  /**
   * A proposal as it is on disk now.
   * @throws ProvingGroundError `no-proposal`
   */
  async view(idea: number): Promise<ProposalView> {
    const { record, proposal, environment, folder } = await this.#open(idea);
    const changes = await readChanges(this.#grounds.git, proposal.base, environment.directory, folder);
    const { texts } = changes;
    const shown = texts.length > 0 ? texts : await this.#editable(proposal.base, environment);
    return {
      idea,
      title: record.text.title,
      base: proposal.base,
      folder,
      files: shown.map(({ path, base, proposed }) => ({ path, workingCopy: join(folder, path), base, proposed })),
      decisions: proposal.decisions,
      edited: isEdited(proposal, changes),
    };
  }

  /** Files that may be edited, as they are in the base: what a proposal without a change offers to write in. */
  async #editable(commit: string, environment: ValidEnvironment): Promise<FilePair[]> {
    const { git } = this.#grounds;
    const { editable } = environment.manifest.files;
    const inside = (await git.listFiles(commit, environment.directory)).filter((path) => {
      const name = insideOf(environment, path);
      return editable.some((glob) => picomatch(glob, { dot: true })(name));
    });
    const files = await Promise.all(inside.slice(0, OFFERED).map(async (path) => ({ path, text: await git.fileAt(commit, path) })));
    return files.map(({ path, text }) => ({ path, base: text, proposed: text }));
  }

  /** Replaces the recorded decisions. @throws ProvingGroundError `no-proposal` */
  async decide(idea: number, decisions: Decisions): Promise<null> {
    const { proposal, environment, folder } = await this.#open(idea);
    const changes = await readChanges(this.#grounds.git, proposal.base, environment.directory, folder);
    this.#grounds.store.implementations.decide(idea, decisions, sizeOf(changes));
    return null;
  }

  /**
   * Commits the proposal as it stands on disk, less the rejected hunks, under `refs/proving-ground/<idea>`.
   * @throws ProvingGroundError `no-proposal`, `proposal-changed`, `undecided-hunks`, `empty-change`, `base-moved`, `protected-path`, `outside-path`,
   *   `patch` for what is not text or too large, `usage` for a rejected hunk that is not there
   */
  async approve(idea: number, approval: Approval = {}): Promise<Idea> {
    return this.#claims.hold(idea, "approved", async () => {
      const opened = await this.#open(idea);
      const { record, proposal, environment, folder } = opened;
      const { git, store } = this.#grounds;
      if (record.rejected) {
        throw new ProvingGroundError("usage", `idea #${idea} was rejected`, { hint: "Restore it first." });
      }
      await checkBase(this.#grounds, record, environment, proposal.base);
      const { texts, refused } = await readChanges(git, proposal.base, environment.directory, folder);
      if (refused[0] !== undefined) throw refused[0];
      const changed = foldChecked(texts, proposal, approval);
      this.#guard(environment, changed);
      const commit = await git.commit(String(idea), {
        parent: proposal.base,
        files: changed.map(({ path, mode, proposed }) => ({
          path,
          after: proposed === null ? null : { mode, bytes: Buffer.from(proposed) },
        })),
        ...{ message: messageOf(record), author: await git.identity(), date: this.#clock() },
      });
      store.implementations.approve(approval.actor ?? "human", {
        idea,
        base: proposal.base,
        commit,
        change: sizeOf({ texts: changed }),
        kind: kindOfChange(record, environment, changed),
      });
      await this.#folders.drop(idea);
      return store.ideas.get(idea);
    });
  }

  /** Throws the proposal and its files away; the idea is a draft again. @throws ProvingGroundError `no-proposal` */
  async discard(idea: number): Promise<Idea> {
    return this.#claims.hold(idea, "discarded", async () => {
      this.#grounds.store.implementations.discardProposal("human", idea);
      await this.#folders.drop(idea);
      return this.#grounds.store.ideas.get(idea);
    });
  }

  /**
   * Unified diff of an idea against its base, paths from the repository's top: the proposal's while there is one, else the commit's.
   * @throws ProvingGroundError `no-proposal` when there is neither, `unknown-idea`
   */
  async diff(idea: number): Promise<string> {
    const { git, store, environments } = this.#grounds;
    const record = store.ideas.record(idea);
    const implementation = store.implementations.implementation(idea);
    if (implementation !== null) {
      // Everything a commit of ours changes lies in its environment's folder, wherever that was then.
      return git.diff(implementation.base, implementation.commit, ".");
    }
    const proposal = store.implementations.proposal(idea);
    const { directory } = await environments.get(record.environment);
    return git.diff(proposal.base, await treeOfCopy(git, proposal.base, directory, this.#folderOf(idea)), directory);
  }

  async #open(idea: number): Promise<Opened> {
    const { store, environments } = this.#grounds;
    const record = store.ideas.record(idea);
    const proposal = store.implementations.proposal(idea);
    return { record, proposal, environment: await environments.get(record.environment), folder: this.#folderOf(idea) };
  }

  #folderOf(idea: number): string {
    if (this.#folders.has(idea)) return this.#folders.of(idea);
    throw new ProvingGroundError("no-proposal", `the files of idea #${idea}'s proposal are gone from ${this.#folders.of(idea)}`, {
      hint: "Implement the idea again.",
    });
  }

  #guard(environment: ValidEnvironment, changed: readonly ChangedText[]): void {
    const rules = rulesOf(environment.manifest);
    const guard = new PathGuard(rules);
    for (const { path, base, proposed } of changed) {
      guard.check(insideOf(environment, path));
      checkRegions(insideOf(environment, path), base, proposed, rules.regions);
    }
  }
}

/** The changed files with the rejected hunks taken out. */
function foldChecked(texts: readonly ChangedText[], proposal: ProposalRecord, approval: Approval): ChangedText[] {
  const hunks = texts.flatMap(hunksOf);
  const known = new Set(hunks.map((hunk) => hunk.id));
  const stray = approval.reject?.find((id) => !known.has(id));
  if (stray !== undefined) {
    throw new ProvingGroundError("usage", `the proposal of idea #${proposal.idea} has no hunk ${stray}`, {
      hint: "It was edited since; look at it again.",
    });
  }
  if (approval.seen !== undefined && (approval.seen.length !== known.size || !approval.seen.every((id) => known.has(id)))) {
    throw new ProvingGroundError("proposal-changed", `the files of idea #${proposal.idea}'s proposal are not what was reviewed`, {
      hint: "They were changed outside the review, or an edit did not reach the disk. Look at it again, then approve.",
    });
  }
  const decisions: Decisions = settle(proposal.decisions, hunks);
  for (const id of approval.reject ?? []) decisions[id] = "rejected";
  const open = undecided(decisions, hunks);
  if (open.length > 0 && approval.undecided !== "accept") {
    throw new ProvingGroundError("undecided-hunks", `${open.length} of ${hunks.length} hunks of idea #${proposal.idea} are undecided`, {
      hint: "Accept or reject each, or accept the rest as a whole.",
    });
  }
  const left = new Map(fold(texts, decisions).map(({ path, text }) => [path, text]));
  const changed = texts.map((file) => ({ ...file, proposed: left.get(file.path) ?? null })).filter((file) => file.proposed !== file.base);
  if (changed.length === 0) throw new PatchRefusal({ reason: "empty" });
  return changed;
}

function kindOfChange({ knobs }: IdeaRecord, environment: ValidEnvironment, changed: readonly ChangedText[]): IdeaKind {
  const files = changed.map(({ path, base, proposed }) => ({ path: insideOf(environment, path), before: base, after: proposed }));
  const turned = knobs === null ? null : kindOfTurned(files, knobs, environment.manifest);
  return turned ?? kindOf(files, environment.manifest.knobs);
}

function insideOf({ directory }: ValidEnvironment, path: string): string {
  return directory === "." ? path : path.slice(directory.length + 1);
}

/** The commit's message: what a reader of the history needs, and the trailer by which the idea is found. */
/** What the commit of an idea says. */
export function messageOf({ id, text }: Pick<IdeaRecord, "id" | "text">): string {
  const parts = [text.title.replace(/\s+/g, " ").trim(), text.description.trim(), `Proving-Ground-Idea: ${id}`];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}
