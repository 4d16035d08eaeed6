/** What early stopping saves on made-up curves with noise and crossings, and how often it stops what would have been the best. */
import { FAMILIES, measured } from "../fixtures/early-curves.ts";
import { TO_THE_END } from "../../extension/protocol/search.ts";
import type { Figure } from "./figure.ts";

const SEARCHES = 200;

/** A short grace and the usual one, 40 runs on four slots beside three of the baseline. */
export function earlyStopping(): Promise<Figure[]> {
  const figures = (["median", "halving", "parents"] as const).flatMap((rule) =>
    [0.25, TO_THE_END.grace].flatMap((grace) =>
      (Object.keys(FAMILIES) as (keyof typeof FAMILIES)[]).flatMap((family): Figure[] => {
        const { saved, lost } = measured(family, { rule, grace }, SEARCHES);
        const what = `early stopping, ${rule} from ${grace} on, ${family}`;
        return [
          { what: `${what}: hours saved`, measured: 100 * saved, unit: "%", budget: Infinity },
          { what: `${what}: searches that stop their best run`, measured: 100 * lost, unit: "%", budget: Infinity },
        ];
      }),
    ),
  );
  return Promise.resolve(figures);
}
