/** Hyper-parameter against algorithmic: the share and the best of each, and whether a model that was asked judges alike. Pure. */
import type { Agreement, Kinds } from "../../protocol/analysis.ts";
import { IdeaKind } from "../../protocol/idea.ts";
import { rewardsOf } from "./epochs.ts";
import { type Trajectory, wasTried } from "./trajectories.ts";

/** Shares as in Si et al. 2026 (arXiv 2601.14525, section on kinds of ideas), by the kind that follows from the code. */
export function kindsOf(trajectories: readonly Trajectory[]): Kinds {
  const known = trajectories.filter((one) => kindOf(one) !== null);
  return {
    kinds: IdeaKind.options.map((kind) => {
      const all = known.filter((one) => kindOf(one) === kind);
      const share = known.length === 0 ? 0 : all.length / known.length;
      return { kind, ideas: all.length, share, tried: all.filter(wasTried).length, ...rewardsOf(all) };
    }),
    unknown: trajectories.length - known.length,
    judge: agreementOf(
      known.flatMap(({ idea, result }) => {
        const [code, judged] = [result.kind ?? idea.kind, result.judged ?? idea.judged];
        return code === null || judged === null ? [] : [{ code, judged }];
      }),
    ),
  };
}

/**
 * Agreement beyond chance: κ = (pₒ − pₑ) / (1 − pₑ), where pₑ is how often two who keep to their own shares would agree by accident
 * (Cohen 1960, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20).
 * @returns null where nothing was judged
 */
export function agreementOf(pairs: readonly { code: IdeaKind; judged: IdeaKind }[]): Agreement | null {
  const ideas = pairs.length;
  if (ideas === 0) return null;
  const same = pairs.filter(({ code, judged }) => code === judged).length;
  const algorithmic = (by: "code" | "judged") => pairs.filter((pair) => pair[by] === "algorithmic").length / ideas;
  const [code, judged] = [algorithmic("code"), algorithmic("judged")];
  const chance = code * judged + (1 - code) * (1 - judged);
  const share = same / ideas;
  return { ideas, same, share, kappa: chance === 1 ? null : (share - chance) / (1 - chance), judgedAlgorithmic: judged };
}

function kindOf({ idea, result }: Trajectory): IdeaKind | null {
  return result.kind ?? idea.kind;
}
