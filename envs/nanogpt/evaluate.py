"""The evaluation: validation loss in nats per token on the same tokens for every run, and the proof that it was earned honestly.

The model is a function from tokens, int64 of shape (rows, length), to logits of shape (rows, length, at least the vocabulary): those at
a position are for the token that follows it. The cross entropy is computed here, in float32; batches drawn at random are probed for
causality (causality.py). Logits that are refused or that look ahead end the run, and no val_loss is written.
"""
import math
import os
import random
import time
from dataclasses import replace

import torch
import torch.nn.functional as F

from causality import compare, judge, probes
from data import first_tokens


class EvaluationRefused(ValueError):
    """What the model returned is not a finite tensor of logits of the right shape."""


def losses(logits, targets: torch.Tensor, vocabulary: int) -> torch.Tensor:
    """Nats summed over each row, float64 of shape (rows,), under softmax of the first `vocabulary` logits.

    `logits` have shape (rows, length, vocabulary or more), `targets` (rows, length). Raises EvaluationRefused if they are unusable.
    """
    if not isinstance(logits, torch.Tensor) or logits.shape[:-1] != targets.shape or logits.shape[-1] < vocabulary:
        shape = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise EvaluationRefused(f"logits have shape {shape}, wanted {(*targets.shape, vocabulary)}")
    if not logits.is_floating_point():
        raise EvaluationRefused(f"logits are {logits.dtype}, wanted a floating-point type")
    if not torch.isfinite(logits[..., :vocabulary]).all():
        raise EvaluationRefused("logits are not finite: the training diverged (try a smaller learning rate)")
    rows = [F.cross_entropy(row[:, :vocabulary].float(), target, reduction="none").double().sum() for row, target in zip(logits, targets)]
    return torch.stack(rows)


class Evaluation:
    """Evaluates at fixed shares of the budget and writes the results to the log and to `tracking`; all of it outside the training clock.

    `batches` deals out the training data and is asked how many tokens it handed out. `wall` is a clock in seconds.
    """

    def __init__(self, variant, ranks, budget, batches, tracking, wall=time.monotonic):
        self.variant, self.ranks, self.budget, self.batches, self.tracking, self.wall = variant, ranks, budget, batches, tracking, wall
        rows, length = variant.validation_rows, variant.length
        if variant.validation_tokens % (rows * length * ranks.world):
            raise ValueError(f"{ranks.world} processes cannot share the {variant.validation_tokens // length} sequences of the evaluation "
                             f"evenly, {rows} at a time")
        text = torch.from_numpy(first_tokens(variant.validation_glob, variant.validation_tokens + 1).astype("int64"))
        self.tokens, self.targets = text[:-1].view(-1, rows, length), text[1:].view(-1, rows, length)
        self.done = 0

    def due(self) -> bool:
        """Whether the next of the evenly spaced evaluations has been reached; the last is left to `final`."""
        return self.done < self.variant.evaluations and self.budget.progress() >= self.done / self.variant.evaluations

    def log(self, step: int, loss: torch.Tensor, learning_rate: float) -> None:
        """Writes the training loss every `log_every` steps; `loss` is this process's. Raises EvaluationRefused once it is not finite."""
        if step % self.variant.log_every:
            return
        with self.budget.outside():
            train_loss = self._mean(loss)
            self.tracking.log({**self._line(step, train_loss), "learning_rate": learning_rate})

    def report(self, step: int, loss, predict) -> float:
        """Evaluates `predict(tokens) -> logits`, writes the result and returns the validation loss. Costs nothing of the budget.

        `loss` is this process's training loss of the last step, None before the first. Raises EvaluationRefused or CausalityViolation.
        """
        with self.budget.outside():
            began = self.wall()
            train_loss = None if loss is None else self._mean(loss)
            val_loss, difference = self.validation_loss(predict)
            line = {**self._line(step, train_loss), "val_loss": val_loss, "causality_difference": difference,
                    "evaluation_seconds": round(self.wall() - began, 3)}
            self.tracking.log(line)
        while self.due():
            self.done += 1
        if self.ranks.rank == 0:
            shown = "-" if train_loss is None else f"{train_loss:.4f}"
            print(f"step {step:6d}  {line['seconds']:7.1f} of {self.budget.total:.0f} s  train loss {shown}  val loss {val_loss:.4f}  "
                  f"{line['tokens_per_second']:,} tokens/s", flush=True)
        return val_loss

    def final(self, step: int, loss, predict) -> float:
        """The evaluation that counts: ends the training, and is the last line of the log and of the metrics."""
        self.budget.close()
        val_loss = self.report(step, loss, predict)
        if self.ranks.rank == 0:
            print(f"final val_loss {val_loss:.6f} nats per token after {step} steps and {self.batches.handed:,} tokens", flush=True)
        self.tracking.close()
        return val_loss

    @torch.no_grad()
    def validation_loss(self, predict) -> tuple:
        """Mean nats per token over the validation tokens, and the largest change of a logit that the causality proof saw."""
        module = predict if isinstance(predict, torch.nn.Module) else None
        training = module is not None and module.training
        if module is not None:
            module.eval()
        source = random.Random(os.urandom(16) + os.environ.get("SEED", "0").encode())
        mine = range(self.ranks.rank, len(self.tokens), self.ranks.world)
        probed = set(source.sample(mine, min(len(mine), math.ceil(self.variant.probed_batches / self.ranks.world))))
        total = torch.zeros((), dtype=torch.float64, device=self.ranks.device)
        findings = []
        for index in mine:
            tokens, targets = self.tokens[index].to(self.ranks.device), self.targets[index].to(self.ranks.device)
            if index in probed:
                logits, found = self._probed(predict, tokens, targets, source)
                findings += [replace(finding, sequence=index * len(tokens) + finding.sequence) for finding in found]
            else:
                logits = predict(tokens.clone())
            total += losses(logits, targets, self.variant.vocabulary).sum()
        if module is not None:
            module.train(training)
        difference = judge(sum(self.ranks.gathered(findings), []), self.variant.dtype)
        return self.ranks.total([float(total)])[0] / self.targets.numel(), difference

    def _probed(self, predict, tokens, targets, source) -> tuple:
        """The logits of a batch and what its probes found; the pass that counts is at a random place among theirs."""
        others = torch.tensor([source.randrange(self.tokens.shape[0] * self.tokens.shape[1]) for _ in tokens])
        donors = self.tokens.flatten(0, 1)[others].to(tokens.device)
        tried = probes(tokens, donors, self.variant.vocabulary, source)
        passes = [None, *tried]
        source.shuffle(passes)
        logits = {}
        for probe in passes:
            answer = predict(tokens.clone() if probe is None else probe.tokens.clone())
            losses(answer, targets, self.variant.vocabulary)  # refused here if it is unusable
            logits[None if probe is None else probe.kind] = answer[..., : self.variant.vocabulary].clone()
        return logits[None], [compare(probe, targets, logits[None], logits[probe.kind]) for probe in tried]

    def _line(self, step: int, train_loss) -> dict:
        seconds = self.budget.spent
        line = {"step": step, "seconds": round(seconds, 3), "tokens": self.batches.handed,
                "tokens_per_second": round(self.batches.handed / seconds) if self.batches.handed else 0}
        return line if train_loss is None else {**line, "train_loss": train_loss}

    def _mean(self, loss: torch.Tensor) -> float:
        mean = self.ranks.total([float(loss)])[0] / self.ranks.world
        if not math.isfinite(mean):
            raise EvaluationRefused("the training loss is not finite: the training diverged (try a smaller learning rate)")
        return mean

    def state_dict(self) -> dict:
        return {"done": self.done}

    def load_state_dict(self, state: dict) -> None:
        self.done = state["done"]
