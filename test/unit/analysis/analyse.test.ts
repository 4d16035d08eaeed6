import { expect, it } from "vitest";
import { analyse } from "../../../extension/engine/analysis/analyse.ts";
import { Analysis } from "../../../extension/protocol/analysis.ts";
import { analysisFixture, benchmarkedLab, searchedLab } from "../../fixtures/analysis.ts";
import { environmentFixture, labFixture } from "../../fixtures/lab.ts";
import { reached, searchFixture } from "./ideas.ts";

it.each([0, 3, 60])("an analysis of %i ideas is what the protocol says, and the same every time", (count) => {
  const lab = benchmarkedLab(searchedLab(labFixture(count), 5), 4);
  const analysis = analysisFixture(lab);
  expect(Analysis.parse(JSON.parse(JSON.stringify(analysis)))).toEqual(analysis);
  expect(analysisFixture(lab)).toEqual(analysis);
});

it("ideas that one search took over from another count as trajectories of their own, and not as repetition", () => {
  const searches = [searchFixture(1), searchFixture(2, { implementer: "lab/b", ideasOf: 1 })];
  const ideas = [1, 2].flatMap((search) => [1, 2].map((nth) => reached(2 * search + nth, 1.5, { search })));
  const text = (nth: number) => ({ title: nth === 1 ? "cosine decay" : "layer norm", description: "", changes: "" });
  const texts = new Map(ideas.map(({ id }) => [id, text(id % 2 === 0 ? 2 : 1)]));
  const records = { runs: [], attempts: [], calls: [] };
  const { completion, similarity } = analyse({ environment: environmentFixture(), ideas, texts, searches, ...records });
  expect(completion.valid).toBe(4);
  expect(similarity.epochs).toMatchObject([{ ideas: 2, within: 0, commonest: { ideas: 1 } }]);
});
