/**
 * Does a search again from its records: every draw from what was known at its time, every answer read again, every commit made again.
 * No model is asked and nothing is run; what comes out otherwise is told.
 */
import { posix } from "node:path";
import { ProvingGroundError } from "../../protocol/errors.ts";
import { MANIFEST_FILE, type Manifest } from "../../protocol/manifest.ts";
import type { Draw, Replay, Search, SearchPlan } from "../../protocol/search.ts";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import type { Environments } from "../environments/catalogue.ts";
import { manifestNamed, readManifest } from "../environments/manifest-file.ts";
import type { Git } from "../git/git.ts";
import type { Ideator } from "../ideator/ideator.ts";
import type { Draft } from "../ideator/sources.ts";
import { remake } from "../implementer/remake.ts";
import type { LanguageModel } from "../models/language-model.ts";
import type { LoggedEvent } from "../store/events.ts";
import type { RequestRecord } from "../store/requests.ts";
import type { Store } from "../store/store.ts";
import type { EpochTally } from "./algorithms/algorithm.ts";
import { ALGORITHMS } from "./algorithms/all.ts";
import { Background, type Caller } from "./background.ts";
import { randomFor } from "./draws.ts";
import { Knowledge } from "./knowledge.ts";
import { countRequest } from "./tally.ts";

export interface ReplayParts {
  store: Store;
  git: Git;
  environments: Environments;
  ideator: Ideator;
}

/** @throws ProvingGroundError `usage` when there is no such search, `cancelled` */
export async function replay(parts: ReplayParts, id: number, caller: Caller): Promise<Replay> {
  const { store, environments } = parts;
  const search = store.searches.get(id);
  const environment = await environments.get(search.environment);
  const events = store.events.between(0, store.events.newest);
  const found: Replay = { requests: 0, ideas: 0, commits: 0, differences: [], skipped: [] };
  await replayRequests(parts, search, environment, events, found, caller);
  await replayCommits(parts, search, environment, events, found, caller);
  return found;
}

async function replayRequests(
  { store, git, ideator }: ReplayParts,
  search: Search,
  environment: ValidEnvironment,
  events: readonly LoggedEvent[],
  found: Replay,
  caller: Caller,
): Promise<void> {
  const { id, baseline, plan: last } = search;
  const knowledge = new Knowledge(environment.name);
  const background = new Background({
    ...{ store, git, environment, baseline, source: last.source, search: id, knowledge, bare: true },
    remembers: (idea) => last.memory === "environment" || idea.search === id,
  });
  const asWritten = new Map(events.flatMap(({ kind, idea, detail }) => (kind === "idea added" && idea !== null ? [[idea, detail]] : [])));
  const requests = store.requests.of(id);
  const epochs: EpochTally[] = [];
  for (const request of requests) {
    stopIfCancelled(caller);
    caller.report({ message: "drawing and reading again", done: request.number, total: requests.length });
    const { number, draw, known, reference, under, slots } = request;
    knowledge.learn(events.filter(({ seq }) => seq > knowledge.upTo && seq <= known));
    const plan = planAt(events, search, known);
    const step = ALGORITHMS[plan.algorithm].next(
      {
        ...{ plan, search: id, knowledge, reference, direction: environment.manifest.metric.direction, epochs },
        // That it was asked at all says that nothing else stood in the way.
        ...{ open: under, slots, failures: 0, parentsSeen: Infinity },
      },
      randomFor(plan.seed, number),
    );
    found.requests++;
    if (step.kind !== "ask" || step.epoch !== request.epoch || !same(step.draw, draw)) {
      found.differences.push(
        `request ${number} would be drawn as ${told(step)}, and was ${told({ kind: "ask", epoch: request.epoch, draw })}`,
      );
    }
    const written = store.requests.ideas(request.id);
    if (!request.open && request.error === null) {
      const drafts = await draftsOf(ideator, background, request, plan, caller);
      found.ideas += written.length;
      found.differences.push(...differencesOf(request, drafts, written, asWritten));
    }
    if (!request.open) countRequest(epochs, request, written.length);
  }
}

async function draftsOf(
  ideator: Ideator,
  background: Background,
  request: RequestRecord,
  plan: SearchPlan,
  caller: Caller,
): Promise<Draft[]> {
  const asked = await background.request(request.draw, plan.instructions, { value: request.reference, published: false }, caller);
  const source =
    request.answers === null
      ? ({ kind: "operators" } as const)
      : ({ kind: "model", model: new Recorded(plan.source, request.answers) } as const);
  return (await ideator.generate(source, { ...asked, onProgress: () => undefined })).ideas;
}

function differencesOf(
  { number }: RequestRecord,
  drafts: readonly Draft[],
  written: readonly number[],
  asWritten: ReadonlyMap<number, LoggedEvent["detail"]>,
): string[] {
  if (drafts.length !== written.length) return [`request ${number} gives ${drafts.length} ideas, and gave ${written.length}`];
  return drafts.flatMap(({ text, knobs }, index) => {
    const id = written[index] ?? 0;
    const before = asWritten.get(id);
    if (before?.title === text.title && same(before.knobs ?? null, knobs)) return [];
    return [`request ${number} gives “${text.title}”, and gave #${id} “${String(before?.title)}”`];
  });
}

async function replayCommits(
  { store, git }: ReplayParts,
  search: Search,
  { directory, manifest: now }: ValidEnvironment,
  events: readonly LoggedEvent[],
  found: Replay,
  caller: Caller,
): Promise<void> {
  const manifest = (await manifestAt(git, search, directory)) ?? now;
  const approved = events.filter((event) => event.kind === "implementation approved" && event.search === search.id);
  for (const [index, { idea, actor, detail }] of approved.entries()) {
    if (idea === null) continue;
    stopIfCancelled(caller);
    caller.report({ message: "making commits again", done: index + 1, total: approved.length });
    let commit: string | null;
    try {
      commit = await remake({ git, store }, idea, directory, manifest);
    } catch (cause) {
      found.differences.push(`the code of #${idea} cannot be made again: ${ProvingGroundError.from(cause).message}`);
      continue;
    }
    if (commit === detail.commit) found.commits++;
    else if (commit === null) found.skipped.push(`the code of #${idea} was written by hand`);
    else if (actor === "human") found.skipped.push(`the code or the text of #${idea} was changed in review`);
    else found.differences.push(`the code of #${idea} comes out as ${commit.slice(0, 10)}, and was ${String(detail.commit).slice(0, 10)}`);
  }
}

/** The search's plan as it was at an event. */
function planAt(events: readonly LoggedEvent[], { id, plan }: Search, known: number): SearchPlan {
  const said = events.findLast(
    ({ seq, kind, detail }) => seq <= known && detail.search === id && (kind === "search started" || kind === "search changed"),
  );
  return (said?.detail.plan as SearchPlan | undefined) ?? plan;
}

async function manifestAt(git: Git, { baseline, environment }: Search, directory: string): Promise<Manifest | null> {
  const file = posix.join(directory, MANIFEST_FILE);
  const text = await git.fileAt(baseline, file);
  const reading = text === null ? null : readManifest(text, file);
  return reading?.ok === true ? (manifestNamed(reading.manifests, environment) ?? null) : null;
}

/** Gives the answers that were recorded, in their order. */
class Recorded implements LanguageModel {
  readonly id: string;
  readonly #answers: string[];

  constructor(id: string, answers: readonly string[]) {
    this.id = id;
    this.#answers = [...answers];
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a stream that is there at once
  async *complete(): ReturnType<LanguageModel["complete"]> {
    const text = this.#answers.shift();
    if (text === undefined) throw new ProvingGroundError("model-answer", `${this.id} was not asked that often`);
    yield { type: "text", text };
  }
}

function told(step: { kind: string; epoch?: number; draw?: Draw }): string {
  return step.draw === undefined ? `“${step.kind}”` : `epoch ${step.epoch} ${JSON.stringify(step.draw)}`;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function stopIfCancelled({ signal }: Caller): void {
  if (signal.aborted) throw new ProvingGroundError("cancelled", "the replay was cancelled");
}
