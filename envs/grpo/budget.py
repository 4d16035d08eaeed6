"""The budget: seconds of the wall clock for everything but evaluations and checkpoints.

Loading, rollouts, grading of rewards, gradients and whatever an idea adds run on the clock; `evaluate.py` and
`checkpoint.py` stop it while they work. A step that would not fit, judged by the longest so far, is not begun, and
what is reached after the budget's end is not evaluated, whoever asked or did not ask: `Evaluation` sees to it.
"""
import time
from contextlib import contextmanager


class Budget:
    """The clock of one run. `total` is in seconds; `clock` gives seconds that only grow; `spent` what a run resumed had used."""

    def __init__(self, total: float, clock=time.monotonic, spent: float = 0.0):
        self.total, self.clock = total, clock
        self._before, self._since = spent, clock()
        self._pauses = 0
        self._step_began: float | None = None
        self._longest = 0.0

    def spent(self) -> float:
        """Seconds used so far; it stands still inside `paused()`."""
        return self._before + (0.0 if self._pauses else self.clock() - self._since)

    def left(self) -> float:
        """Seconds that are left, never below 0."""
        return max(0.0, self.total - self.spent())

    def progress(self) -> float:
        """Share of the budget spent, 0 to 1; what a schedule may follow."""
        return min(1.0, self.spent() / self.total)

    def over(self) -> bool:
        """Whether more than the total is spent: nothing counts any more."""
        return self.spent() > self.total

    def another_step(self) -> bool:
        """Whether one more step fits, judged by the longest so far. Ask once before each step."""
        now = self.spent()
        if self._step_began is not None:
            self._longest = max(self._longest, now - self._step_began)
        self._step_began = now
        return now + self._longest <= self.total

    def resumed(self, spent: float, longest: float) -> None:
        """Takes over from a run that was cut off: what it had spent at its checkpoint, and its longest step."""
        self._before += spent
        self._longest = longest

    @property
    def longest_step(self) -> float:
        """Seconds of the longest step so far, the one under way included."""
        return self._longest if self._step_began is None else max(self._longest, self.spent() - self._step_began)

    @contextmanager
    def paused(self):
        """Stops the clock. For the evaluation and for checkpoints; a recipe does not call it."""
        self._before, self._pauses = self.spent(), self._pauses + 1
        try:
            yield
        finally:
            self._pauses -= 1
            self._since = self.clock()
