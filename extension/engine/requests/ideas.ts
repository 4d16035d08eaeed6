/** Answers the requests about ideas as humans write, edit and put them aside. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import type { IdeaText } from "../../protocol/idea.ts";
import type { KnobValue } from "../../protocol/manifest.ts";
import * as methods from "../../protocol/methods.ts";
import type { Environments } from "../environments/catalogue.ts";
import { knobsIn } from "../environments/knob-lines.ts";
import type { Search } from "../../protocol/search.ts";
import type { Novelty } from "../search/novelty.ts";
import type { Server } from "../server/server.ts";
import type { Store } from "../store/store.ts";

export function answerIdeas(server: Server, store: Store, environments: Environments, novelty: Novelty): void {
  server.handle(methods.ideasAdd, async ({ environment: name, text, parents, base, search }) => {
    const environment = await environments.get(name);
    const joined = search === null ? null : openSearch(store, search, name);
    if (base !== null && store.implementations.implementation(store.ideas.get(base).id) === null) {
      throw new ProvingGroundError("usage", `idea #${base} has no approved implementation to build on`, {
        hint: "Approve it first, or write the idea on the baseline.",
      });
    }
    const written = checked(text);
    const knobs = knobsIn(text.changes, environment.manifest.knobs);
    const [idea] = store.ideas.add("human", [
      {
        environment: name,
        epoch: joined === null ? environment.epoch : joined.firstEpoch + joined.epoch,
        search,
        source: "human",
        model: null,
        strategy: parents.length > 0 || base !== null ? "exploit" : "fresh",
        text: written,
        kind: null,
        knobs,
        base,
        parents,
        seed: null,
        repeats: novelty.lookAt(name, { text: written, knobs, base }),
      },
    ]);
    if (idea === undefined) throw new ProvingGroundError("internal", "the idea was not written");
    return idea;
  });

  server.handle(methods.ideasGet, ({ idea }) => {
    const { text, knobs } = store.ideas.record(idea);
    return { idea: store.ideas.get(idea), text, knobs, attempts: store.implementations.attempts(idea) };
  });

  server.handle(methods.ideasEdit, async ({ idea: id, text }) => {
    const before = store.ideas.record(id);
    const { status } = store.ideas.get(id);
    if (store.implementations.implementation(id) !== null || status === "implementing") {
      throw new ProvingGroundError("usage", `idea #${id} is ${status}: what was executed must stay what was written`, {
        hint: "Duplicate it and edit the copy.",
      });
    }
    const { manifest } = await environments.get(before.environment);
    const edited = checked(text);
    const spelled = edited.changes === before.text.changes ? before.knobs : knobsIn(edited.changes, manifest.knobs);
    const knobs = sameKnobs(spelled, before.knobs) ? before.knobs : spelled;
    const repeats = novelty.lookAt(before.environment, { text: edited, knobs, base: before.base }, id);
    return store.ideas.edit("human", id, edited, knobs, repeats);
  });

  server.handle(methods.ideasReject, ({ ideas, restore }) => store.ideas.reject("human", ideas, restore));

  server.handle(methods.ideasDuplicate, ({ idea: id }) => {
    const original = store.ideas.record(id);
    const { epoch, source, model, strategy, kind, parents } = store.ideas.get(id);
    const [copy] = store.ideas.add("human", [
      {
        environment: original.environment,
        ...{ epoch, source, model, strategy, kind, parents },
        text: { ...original.text, title: `${original.text.title} (copy)` },
        knobs: original.knobs,
        base: original.base,
        seed: null,
      },
    ]);
    if (copy === undefined) throw new ProvingGroundError("internal", "the copy was not written");
    return copy;
  });
}

function openSearch(store: Store, id: number, environment: string): Search {
  const search = store.searches.get(id);
  if (search.state !== "ended" && search.environment === environment) return search;
  throw new ProvingGroundError("usage", `search ${id} ${search.state === "ended" ? "has ended" : `is one of ${search.environment}`}`, {
    hint: "Write the idea without it, and run it yourself.",
  });
}

function checked(text: IdeaText): IdeaText {
  const title = text.title.replace(/\s+/g, " ").trim();
  if (title === "") throw new ProvingGroundError("usage", "the idea has no title", { hint: "Begin it with a line `# Title`." });
  return { ...text, title };
}

function sameKnobs(a: Record<string, KnobValue> | null, b: Record<string, KnobValue> | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
