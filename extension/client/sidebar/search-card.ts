/** The search that the composer shows of an environment, in words: pure. */
import { bestIdea } from "../../protocol/best.ts";
import type { ValidEnvironment } from "../../protocol/environment.ts";
import { metricText } from "../../protocol/format.ts";
import type { Idea } from "../../protocol/idea.ts";
import type { Snapshot } from "../../protocol/lab.ts";
import { ideasPlanned } from "../../protocol/search.ts";
import type { Search } from "../../protocol/search.ts";
import { progressText, spentTexts, whereText } from "../../protocol/search-text.ts";
import { waitingIn, waitingSummary } from "../../protocol/waiting.ts";
import type { Waiting } from "../../protocol/waiting.ts";
import type { SearchCard } from "../../protocol/webview/composer.ts";

/** The newest search that has not ended, else the newest of all; null where none was ever started. @param now milliseconds since 1970 */
export function searchCard(snapshot: Snapshot, environment: ValidEnvironment, now: number): SearchCard | null {
  const mine = snapshot.searches.filter((search) => search.environment === environment.name);
  const open = mine.filter(({ state }) => state !== "ended");
  const search = open.at(-1) ?? mine.at(-1);
  if (search === undefined) return null;
  const waiting = search.state === "ended" ? [] : waitingIn(snapshot, environment.name).filter((one) => asksIn(one, search));
  return {
    search: search.id,
    title: `Search ${search.id}: ${search.plan.algorithm}`,
    state: search.state,
    progress: progressText(search),
    share: Math.min(1, search.ideas / ideasPlanned(search.plan)),
    note: search.state === "running" ? search.waitsFor : search.reason,
    where: whereText(search.plan),
    asksForParents: search.state === "running" && search.asksForParents,
    waiting: waitingSummary(waiting),
    spent: spentTexts(search, environment.manifest.resources.gpus, now).join(", "),
    best: bestText(
      bestIdea(
        snapshot.ideas.filter((idea) => idea.search === search.id),
        environment.manifest.metric.direction,
      ),
    ),
    others: open.filter((one) => one !== search).length,
  };
}

/** What the human is asked in a search; that it is held up or paused is said by its note. */
function asksIn(waiting: Waiting, { id }: Search): boolean {
  if (waiting.kind === "idea") return waiting.idea.search === id;
  return waiting.kind === "parents" && waiting.search.id === id;
}

const bestText = (best: Idea | null) => (best === null ? null : `best ${metricText(best.metric)}, #${best.id} ${best.title}`);
