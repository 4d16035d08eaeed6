"""The evaluation: validation loss in nats per character, on the same 8,192 characters for every run.

The model is a function from contexts to logits. It is given only the 32 characters before each target and no context
holds another row's target, so nothing it does can look ahead; the probabilities are made here, by log-softmax.
"""
import json
import os
import time

from budget import Budget, Metered
import numpy as np

from data import ALPHABET, VOCABULARY, entropy

MAX_CONTEXT = 32  # characters a model may look back
TARGETS = 8192
ROWS_AT_ONCE = 256
POINTS = 16  # evaluations after the one before training, evenly over the budget


class EvaluationRefused(ValueError):
    """What the model returned is not a finite array of logits of the right shape."""


def examples(text: np.ndarray, positions: np.ndarray) -> tuple:
    """Contexts of shape (len(positions), 32) and targets of shape (len(positions),) of `text` at `positions` >= 32."""
    return text[positions[:, None] + np.arange(-MAX_CONTEXT, 0)], text[positions]


def negative_log_likelihood(logits, targets: np.ndarray) -> np.ndarray:
    """Nats per target under softmax of `logits`, shape (rows, VOCABULARY). Raises EvaluationRefused if they are unusable."""
    logits = np.array(logits, dtype=np.float64).view(np.ndarray)
    if logits.shape != (len(targets), VOCABULARY):
        raise EvaluationRefused(f"logits have shape {logits.shape}, wanted {(len(targets), VOCABULARY)}")
    if not np.isfinite(logits).all():
        raise EvaluationRefused("logits are not finite: the training diverged (try a smaller learning rate)")
    logits -= logits.max(axis=1, keepdims=True)
    return np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(targets)), targets]


def validation_loss(predict, text: np.ndarray) -> float:
    """Mean nats per character of `predict(contexts) -> logits` on the fixed targets of the validation `text`."""
    text = np.asarray(text)
    positions = MAX_CONTEXT + (MAX_CONTEXT + 1) * np.arange(TARGETS)  # so far apart that no context holds another's target
    losses = []
    for rows in np.split(positions, TARGETS // ROWS_AT_ONCE):
        contexts, targets = examples(text, rows)
        losses.append(negative_log_likelihood(predict(contexts), targets))
    return float(np.concatenate(losses).mean())


class Evaluation:
    """Evaluates during training at fixed shares of the budget and writes each result to the log and to metrics.jsonl."""

    def __init__(self, budget: Budget, text: np.ndarray, path: str | None = None, cpu_clock=time.process_time):
        self.budget, self.text, self.cpu_clock = budget, text, cpu_clock
        self.path = path or os.environ.get("PROVING_GROUND_METRICS") or "metrics.jsonl"
        self.done = 0

    def due(self) -> bool:
        """Whether the next of the evenly spaced evaluations has been reached; the last is left to `final`."""
        return self.done < POINTS and self.budget.progress() >= self.done / POINTS

    def report(self, step: int, train_loss: float, predict) -> float:
        """Evaluates, logs, appends to metrics.jsonl and returns the validation loss. Costs nothing of the budget."""
        self.budget.paused = True
        loss = validation_loss(predict, self.text)
        self.budget.paused = False
        while self.due():
            self.done += 1
        seconds, cpu = self.budget.spent, self.cpu_clock()
        line = {"step": step, "seconds": round(seconds, 6), "cpu_seconds": round(cpu, 3), "train_loss": float(train_loss), "val_loss": loss}
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(f"step {step:6d}  {seconds:5.2f} of {self.budget.total:.2f} work s  ({cpu:5.2f} CPU s)  "
              f"train loss {train_loss:.4f}  val loss {loss:.4f}", flush=True)
        return loss

    def final(self, step: int, train_loss: float, predict) -> float:
        """The evaluation that counts: the last line of the log and of metrics.jsonl."""
        loss = self.report(step, train_loss, predict)
        print(f"final val_loss {loss:.6f} nats per character after {step} steps (entropy of the text {entropy():.4f})", flush=True)
        return loss
