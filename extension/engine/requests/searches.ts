/** Answers the requests about searches, and what humans say of ideas to them: marks, admissions, another base. */
import { ProvingGroundError } from "../../protocol/errors.ts";
import * as methods from "../../protocol/methods.ts";
import type { Autopilot } from "../search/autopilot.ts";
import { beginBenchmark } from "../search/benchmark.ts";
import { replay, type ReplayParts } from "../search/replay.ts";
import type { Server } from "../server/server.ts";

export function answerSearches(server: Server, autopilot: Autopilot, parts: ReplayParts): void {
  const { store } = parts;
  server.handle(methods.searchForecast, (params) => autopilot.forecast(params));
  server.handle(methods.searchStart, (params) => autopilot.begin(params));
  server.handle(methods.searchChange, ({ search, change }) => autopilot.change(search, change));
  server.handle(methods.searchPause, ({ search }) => autopilot.pause(search));
  server.handle(methods.searchResume, ({ search }) => autopilot.resume(search));
  server.handle(methods.searchStop, ({ search }) => autopilot.stop(search));
  server.handle(methods.searchGoOn, ({ search }) => autopilot.goOn(search));
  server.handle(methods.benchmarkStart, (params) => beginBenchmark({ autopilot, store }, params));
  server.handle(methods.searchReplay, ({ search }, call) => replay(parts, search, call));

  server.handle(methods.ideasAdmit, ({ ideas }) => autopilot.admit(ideas));
  server.handle(methods.ideasMark, ({ ideas, mark }) => store.ideas.mark("human", ideas, mark));
  server.handle(methods.ideasRebase, ({ idea, base }) => {
    if (base !== null && store.implementations.implementation(store.ideas.get(base).id) === null) {
      throw new ProvingGroundError("usage", `idea #${base} has no approved implementation to build on`, { hint: "Approve it first." });
    }
    const { status } = store.ideas.get(idea);
    if (status !== "draft" && status !== "not implemented") {
      throw new ProvingGroundError("usage", `idea #${idea} is ${status}: its code is written on what it was written on`, {
        hint: "Duplicate it and change the copy, or throw its proposal away first.",
      });
    }
    if (base === idea) throw new ProvingGroundError("usage", `idea #${idea} cannot be written on itself`);
    return store.ideas.rebase("human", idea, base);
  });
}
