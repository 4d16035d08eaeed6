"""The evaluation: share of the first test problems whose answer math-verify finds equal to the reference.

It reads test.jsonl itself, asks in the fixed prompt at temperature 1 (as training samples, and as the published
baseline was measured), generates through the protected rollout.py, grades through grade.py, and writes `val_accuracy` to
metrics.jsonl. It costs nothing of the budget, and once the budget is spent nothing is evaluated any more.
"""
import time

from budget import Budget
from data import prompt, read_problems
from grade import Grader, answer_of
from tracking import Tracking
from variant import Variant

TEMPERATURE, TOP_P = 1.0, 1.0
SEED = 20_260_114  # of the evaluation's sampling: not the run's


class Evaluation:
    """Evaluates at fixed steps and writes each result to the log and to metrics.jsonl."""

    def __init__(self, variant: Variant, budget: Budget, rollouts, grader: Grader, tracking: Tracking):
        """`rollouts` generates, as `open_rollouts` gives it. Raises DataError or ValueError where test.jsonl is not as it should be."""
        self.variant, self.budget, self.rollouts, self.grader, self.tracking = variant, budget, rollouts, grader, tracking
        with budget.paused():
            self.problems = read_problems(variant.data / "test.jsonl")[: variant.problems]
        if len(self.problems) < variant.problems:
            raise ValueError(f"{variant.data / 'test.jsonl'} has {len(self.problems)} problems, the evaluation asks {variant.problems}: "
                             "prepare it again")
        self.done, self.best, self.last_step = 0, 0.0, -1

    def due(self, step: int) -> bool:
        """Whether an evaluation belongs after this step; the last one allowed is left to `final`."""
        return step % self.variant.every == 0 and self.done < self.variant.evaluations - 1

    def report(self, step: int, model) -> float | None:
        """Evaluates `model`, logs, appends to metrics.jsonl and returns the accuracy, 0 to 1; None once no more evaluation is allowed."""
        if self.budget.over() or self.done >= self.variant.evaluations:
            why = "the budget is spent" if self.budget.over() else f"{self.done} evaluations were made"
            print(f"step {step}: not evaluated, {why}", flush=True)
            return None
        with self.budget.paused():
            began = time.monotonic()
            accuracy, tagged, finished, length = self._measure(model)
            self.done, self.best, self.last_step = self.done + 1, max(self.best, accuracy), step
            line = {"step": step, "seconds": round(self.budget.spent(), 3), "val_accuracy": accuracy, "val_tagged": tagged,
                    "val_finished": finished, "val_tokens": length, "val_seconds": round(time.monotonic() - began, 3),
                    "val_problems": len(self.problems), "engine": self.rollouts.name}
            self.tracking.log(line)
            print(f"step {step:4d}  {self.budget.spent():7.1f} of {self.budget.total:.0f} s  val accuracy {accuracy:.4f}  "
                  f"best {self.best:.4f}  (answers {tagged:.2f}, {length:.0f} tokens, took {line['val_seconds']:.1f} s)", flush=True)
        return accuracy

    def final(self, step: int, model) -> None:
        """The last evaluation, unless this step had one, and the last line of the log: the best accuracy."""
        if step != self.last_step:
            self.report(step, model)
        print(f"final val_accuracy {self.best:.4f}, the best of {self.done} evaluations on {len(self.problems)} problems", flush=True)

    def _measure(self, model) -> tuple[float, float, float, float]:
        """Accuracy, share with an answer in tags, share that ended by itself, mean tokens."""
        groups = self.rollouts.generate(model, [prompt(problem.question) for problem in self.problems], samples=1,
                                        new_tokens=self.variant.new_tokens, temperature=TEMPERATURE, top_p=TOP_P, seed=SEED)
        completions = [group[0] for group in groups]
        correct = self.grader.grade([problem.answer for problem in self.problems], [completion.text for completion in completions])
        count = len(completions)
        finished = sum(completion.finished for completion in completions)
        tagged = sum(answer_of(completion.text) is not None for completion in completions)
        tokens = sum(len(completion.token_ids) for completion in completions)
        return sum(correct) / count, tagged / count, finished / count, tokens / count

    def state(self) -> dict:
        """What a resumed run must know of the evaluations so far."""
        return {"done": self.done, "best": self.best, "last_step": self.last_step}

    def resume(self, state: dict) -> None:
        self.done, self.best, self.last_step = state["done"], state["best"], state["last_step"]
