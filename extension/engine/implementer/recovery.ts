/** Makes disk, refs and store agree after an engine that ended at any point: what was not recorded did not happen. */
import type { Store } from "../store/store.ts";
import type { Git } from "../git/git.ts";
import type { ProposalFolders } from "./folders.ts";

/** Call once at start, before anything is implemented. */
export async function recoverImplementer(git: Git, store: Store, folders: ProposalFolders): Promise<void> {
  await recoverFolders(store, folders);
  store.implementations.interruptOpenAttempts();
  await recoverRefs(git, store);
}

async function recoverFolders(store: Store, folders: ProposalFolders): Promise<void> {
  const open = new Set(store.implementations.proposals().map(({ idea }) => idea));
  for (const { idea, current, retired } of await folders.find()) {
    // A replacement and the end of its attempt are recorded together: an open attempt means that neither was.
    const recorded = current && store.implementations.attempts(idea).at(-1)?.endedAt !== null;
    if (retired && open.has(idea) && !recorded) await folders.restore(idea);
    else if (retired) await folders.dropRetired(idea);
    if (!open.has(idea)) await folders.drop(idea);
  }
  for (const idea of open) if (!folders.has(idea)) store.implementations.discardProposal("engine", idea);
}

/** A ref is written before its row; the row is what counts. Refs of ideas this lab does not know are left alone. */
async function recoverRefs(git: Git, store: Store): Promise<void> {
  const refs = await git.refs();
  const unapproved = store.implementations.proposals().filter(({ idea }) => refs.has(String(idea)));
  const strayed = store.implementations.all().filter(({ idea, commit }) => refs.get(String(idea)) !== commit);
  const there = await Promise.all(strayed.map(async ({ idea, commit }) => [String(idea), await git.commitOf(commit)] as const));
  const restored = there.filter(([, commit]) => commit !== null);
  await git.setRefs(new Map([...unapproved.map(({ idea }) => [String(idea), null] as const), ...restored]));
}
