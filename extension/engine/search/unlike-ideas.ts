/** Ideas that have nothing in common but their kind: how alike an embedding model finds them is what it finds any two ideas. */
import type { IdeaText } from "../../protocol/idea.ts";

const idea = (title: string, description: string, changes: string): IdeaText => ({ title, description, changes });

export const UNLIKE_IDEAS: readonly IdeaText[] = [
  idea(
    "Cosine decay of the learning rate",
    "A linear schedule lowers the rate too early; a cosine keeps it high through the middle of training and still ends near zero.",
    "- schedule: cosine from the peak to a tenth of it",
  ),
  idea(
    "Gated feed-forward layers",
    "Multiplying two projections, one of them through SiLU, gives a lower loss for the same number of parameters.",
    "- feed-forward block: second input projection, product, smaller hidden size",
  ),
  idea(
    "Evaluate averaged weights",
    "An exponential mean over the last steps lies closer to the middle of the minimum than the newest weights.",
    "- keep a running copy of all parameters and measure with it",
  ),
  idea(
    "Drop near-duplicate documents",
    "A fifth of the training text repeats itself; without it every token of the budget shows the model something new.",
    "- hash shingles of each document, skip those seen before",
  ),
  idea(
    "No clipping of the policy ratio",
    "With one update for each batch of answers the ratio is one; the plain policy gradient is exact and keeps rare answers alive.",
    "- loss: advantage times log-probability, averaged over tokens",
  ),
  idea(
    "Smaller initial weights in the last layer",
    "Predictions that begin uniform waste no steps on unlearning confident mistakes.",
    "- standard deviation 0.002 for the output matrix",
  ),
  idea(
    "Shorter sequences first",
    "Attention over short sequences is cheap; starting with them buys more steps while the model learns what is local.",
    "- length 256 for the first quarter of the budget, then 1,024",
  ),
  idea(
    "Stronger weight decay on matrices alone",
    "Gains and biases need no pull towards zero, and the matrices can take more of it when the text is seen only once.",
    "- two parameter groups: decay 0.2 and none",
  ),
];
