/** Questions the panes ask of the extension, with typed answers. */
import type { Analysis } from "../../extension/protocol/analysis.ts";
import { Answers } from "../../extension/protocol/webview/results.ts";
import type { Ask } from "../../extension/protocol/webview/results.ts";
import type { IdeaDetail } from "../../extension/protocol/idea.ts";
import type { ReadLog } from "../../extension/protocol/log-reading.ts";
import type { Curve } from "../../extension/protocol/run.ts";
import type { Questions } from "../shared/host.ts";

/** Every method rejects with a ProvingGroundError when the extension cannot answer. */
export interface Asker {
  curves(runs: number[]): Promise<Curve[]>;
  diff(idea: number): Promise<string>;
  log(run: number): ReadLog;
  idea(idea: number): Promise<IdeaDetail>;
  analysis(environment: string): Promise<Analysis>;
}

export function asker(questions: Questions<Ask>): Asker {
  return {
    curves: (runs) => questions.ask({ question: "curves", runs }, Answers.curves),
    diff: async (idea) => (await questions.ask({ question: "diff", idea }, Answers.diff)).diff,
    log: (run) => (from, limit) => questions.ask({ question: "log", run, from, limit }, Answers.log),
    idea: (idea) => questions.ask({ question: "idea", idea }, Answers.idea),
    analysis: (environment) => questions.ask({ question: "analysis", environment }, Answers.analysis),
  };
}
