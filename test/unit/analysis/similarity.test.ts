import { describe, expect, it } from "vitest";
import { similarityOf } from "../../../extension/engine/analysis/similarity.ts";
import { spread } from "../../../extension/engine/analysis/spread.ts";
import { ideaFixture } from "../../fixtures/lab.ts";
import { trajectories } from "./ideas.ts";

/** Ideas of one word after the other, by epoch. */
function similarity(epochs: readonly (readonly string[])[], limits?: Parameters<typeof similarityOf>[2]) {
  let id = 0;
  const written = epochs.flatMap((titles, epoch) => titles.map((title) => ideaFixture(++id, { epoch, title })));
  const texts = new Map(written.map((idea) => [idea.id, { title: idea.title, description: "", changes: "" }]));
  return similarityOf(trajectories(written), texts, limits);
}

describe("similarity", () => {
  it("is the mean over the pairs of an epoch, and over the pairs with the epoch before", () => {
    // Within epoch 0: 2/4, 0, 0. Epoch 1 to epoch 0: 1, 2/4, 0.
    const { epochs } = similarity([["cosine decay warm", "cosine decay cold", "rms norm"], ["cosine decay warm"]]);
    expect(epochs).toMatchObject([
      { epoch: 0, ideas: 3, compared: 3, within: expect.closeTo(0.5 / 3, 12), before: null },
      { epoch: 1, ideas: 1, compared: 1, within: null, before: expect.closeTo(1.5 / 3, 12) },
    ]);
  });

  it("names the idea that most are alike to, without going on from neighbour to neighbour", () => {
    // Each is alike to its neighbours at 2/4, and the two ends share a word of five.
    const { alike, epochs } = similarity([["lone", "alpha beta gamma", "beta gamma delta", "gamma delta epsilon", "other"]]);
    expect(alike).toBe(0.5);
    expect(epochs[0]?.commonest).toEqual({ idea: 3, title: "beta gamma delta", ideas: 3, share: 0.6 });
  });

  it("is complete for an epoch of one idea said over and over", () => {
    const { epochs } = similarity([["layer norm", "layer norm", "layer norm", "layer norm"]]);
    expect(epochs[0]).toMatchObject({ within: 1, commonest: { idea: 1, ideas: 4, share: 1 } });
  });

  it("of ideas that share no word is none", () => {
    const { epochs } = similarity([["alpha", "beta", "gamma"], ["delta"]]);
    expect(epochs).toMatchObject([{ within: 0, commonest: { ideas: 1 } }, { before: 0 }]);
  });

  it("compares a part of a large epoch, the same every time, and says so", () => {
    const titles = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? "layer norm" : `word${index}`));
    const { epochs } = similarity([titles], { epoch: 10, all: 4000 });
    expect(epochs[0]).toMatchObject({ ideas: 40, compared: 10, commonest: { ideas: 10, share: 1 } });
    const many = similarity(
      Array.from({ length: 4 }, () => titles),
      { epoch: 100, all: 80 },
    );
    expect(many.epochs.map(({ compared }) => compared)).toEqual([20, 20, 20, 20]);
  });
});

it("a part stands evenly for the whole", () => {
  expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 2, 5, 7]);
  expect(spread([1, 2], 4)).toEqual([1, 2]);
});
