"""The proof that a model does not look ahead: what it says of a token must not depend on later tokens or on other sequences.

The forward passes of an evaluation are themselves the reference. For batches drawn at random the model is also given the batch
again, the batch with other text from a random position on in every sequence, and the batch with half of its sequences exchanged,
in random order, so that no pass can be told from a pass that counts. Where the input up to a position is the same, so must the
logits be. One-token decoding, which shows a model nothing but the past, is the slow cross-check (`python measure.py causality`).

Honest models give equal logits bit for bit, since shapes and kernels are the same in all these passes. Differences of rounding are
allowed for models that sort or group tokens by their values (a mixture of experts):

- no logit may move by more than TOLERANCE, as a share of the position's largest logit. A bfloat16 number is exact to 2^-9; four times
  that covers a last product and a sum that were each rounded the other way. In float32 (2^-24) sums of a thousand products through
  a dozen layers stay below 1e-5, and ten times that is allowed.
- the loss of the positions compared may not move by more than SHIFT on average, nor that of the last NEAR positions before a change by
  more than twice as much. Rounding goes both ways and cancels over hundreds of positions; a view of other tokens helps, and losing it
  does not cancel. This bounds what a leak below TOLERANCE can be worth, near or far.
"""
import math
import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F

TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 2.0**-7, torch.float16: 2.0**-9}
SHIFT = {torch.float32: 1e-5, torch.bfloat16: 2e-3, torch.float16: 2e-3}  # nats
NEAR = 4  # positions

CHANGED = {"repeat": "nothing at all", "later": "only later tokens", "others": "only other sequences of the batch"}
HINTS = {
    "repeat": "Does the model keep something from pass to pass, or is dropout on?",
    "others": "Does a layer mix sequences, or normalise over the batch?",
    "later": "Does the attention, a convolution, a shift or a normalisation reach beyond the position?",
}


class CausalityViolation(RuntimeError):
    """Logits depend on what the model must not see; the run has no result."""


@dataclass(frozen=True)
class Probe:
    kind: str  # "repeat", "later" or "others"
    tokens: torch.Tensor  # (rows, length) int64, the batch with changes
    kept: torch.Tensor  # (rows, length) bool, the positions whose logits must be those of the batch itself


@dataclass(frozen=True)
class Finding:
    kind: str
    size: float  # largest change of a logit, as a share of the position's largest
    sequence: int
    position: int
    shift: float  # mean change of the loss over the positions compared, nats
    near: float  # the same over the last few of them in each sequence


def probes(tokens: torch.Tensor, donors: torch.Tensor, vocabulary: int, source: random.Random) -> list:
    """The probes of a batch: `tokens` and `donors`, text to put in its place, both (rows, length) int64."""
    rows, length = tokens.shape
    cuts = torch.tensor([source.randrange(length - 1) for _ in range(rows)], device=tokens.device)[:, None]
    positions = torch.arange(length, device=tokens.device)[None, :]
    next_differs = torch.where(donors == tokens, (tokens + 1) % vocabulary, donors)
    later = torch.where(positions <= cuts, tokens, torch.where(positions == cuts + 1, next_differs, donors))
    found = [Probe("repeat", tokens.clone(), torch.ones_like(tokens, dtype=torch.bool)), Probe("later", later, positions <= cuts)]
    if rows > 1:
        stays = torch.zeros(rows, 1, dtype=torch.bool, device=tokens.device)
        stays[source.sample(range(rows), rows // 2)] = True
        others = torch.where(stays, tokens, torch.where(positions == 0, next_differs, donors))
        found.append(Probe("others", others, stays.expand(rows, length)))
    return found


def compare(probe: Probe, targets: torch.Tensor, reference: torch.Tensor, logits: torch.Tensor) -> Finding:
    """How far `logits` of the probe are from `reference`, those of the batch itself; both (rows, length, vocabulary)."""
    worst, moved, near = (0.0, 0, 0), [], []
    for row in range(len(targets)):
        kept = probe.kept[row]
        if not kept.any():
            continue
        a, b = reference[row][kept].float(), logits[row][kept].float()
        sizes = (a - b).abs().amax(-1) / a.abs().amax(-1).clamp(min=1e-6)
        size, index = sizes.max(0)
        if not size <= worst[0]:
            worst = (float(size), row, int(kept.nonzero()[index]))
        goal = targets[row][kept]
        moved.append(F.cross_entropy(b, goal, reduction="none").double() - F.cross_entropy(a, goal, reduction="none").double())
        near.append(moved[-1][-NEAR:])
    return Finding(probe.kind, *worst, float(torch.cat(moved).mean()), float(torch.cat(near).mean()))


def judge(findings: list, dtype: torch.dtype) -> float:
    """The largest change of a logit seen, if all is within the tolerance of `dtype`, the type the model computes in.

    What a pass repeated without any change shows is added twice to what the others may show; it has to be within the tolerance itself.
    Raises CausalityViolation, which names the position and the size.
    """
    noise = max((finding.size for finding in findings if finding.kind == "repeat"), default=0.0)
    for kind in ("repeat", "others", "later"):  # a dependence on other sequences shows in "later" too
        of_kind = [finding for finding in findings if finding.kind == kind]
        if not of_kind:
            continue
        allowed = TOLERANCE[dtype] + (0.0 if kind == "repeat" else 2 * noise)
        worst = max(of_kind, key=lambda finding: math.inf if math.isnan(finding.size) else finding.size)
        shift, near = (sum(getattr(finding, name) for finding in of_kind) / len(of_kind) for name in ("shift", "near"))
        if not (worst.size <= allowed and abs(shift) <= SHIFT[dtype] and abs(near) <= 2 * SHIFT[dtype]):
            raise CausalityViolation(
                f"the logits are not a function of the tokens up to their position: {CHANGED[kind]} changed, and at position "
                f"{worst.position} of sequence {worst.sequence} a logit moved by {worst.size:.2g} of the largest there (allowed "
                f"{allowed:.2g}), the loss by {shift:+.2g} nats on average (allowed {SHIFT[dtype]:.2g}) and by {near:+.2g} next to the "
                f"change (allowed {2 * SHIFT[dtype]:.2g}). {HINTS[kind]}")
    return max((finding.size for finding in findings), default=0.0)


@torch.no_grad()
def one_token_loss(predict, tokens: torch.Tensor, targets: torch.Tensor, vocabulary: int) -> float:
    """Mean nats per token where the model is shown the tokens up to each target and nothing else: `length` passes of growing size."""
    total = 0.0
    for end in range(1, tokens.shape[1] + 1):
        logits = predict(tokens[:, :end].clone())[:, -1, :vocabulary].float()
        total += F.cross_entropy(logits, targets[:, end - 1], reduction="sum").item()
    return total / targets.numel()
