"""The budget: the training clock, which the training may use up and nothing else moves.

The clock runs from the first `another_step()` to the last. It stands still during evaluation, checkpoints and `compile`, which
trains on random tokens and undoes it. The clock of rank 0 decides for all processes, so that all stop at the same step, and
the GPU is waited for wherever it is read, so that work asked for is work paid for.
"""
import copy
import time
from collections import deque
from contextlib import contextmanager

import torch

import generators

DUMMY_STEPS = 3  # the first compiles, the second may compile again for the state the optimizer has then, the third is timed
REMEMBERED_STEPS = 20
GRACE = 0.01  # share of the budget by which a last step that took longer than all those before it may overrun


class BudgetSpent(RuntimeError):
    """Training went on without asking, or beyond the budget; the run has no result."""


class WallLimit(RuntimeError):
    """The run took more wall time than a training of its budget can need."""


class Budget:
    """Seconds of the training clock of one run: `total` may be spent, `spent` has been. Clocks return seconds."""

    def __init__(self, total: float, wall_limit: float, ranks, compile_limit: float = 900, clock=time.perf_counter, wall=time.monotonic):
        self.total, self.wall_limit, self.compile_limit = total, wall_limit, compile_limit
        self.ranks, self.clock, self.wall = ranks, clock, wall
        self.spent = self._agreed = 0.0
        self._since = None  # reading of the clock from which time has not been added to `spent` yet; None while it stands still
        self._started = self._ended = False
        self._wall_start, self._wall_before = wall(), 0.0
        self._step_began = None
        self._recent = deque(maxlen=REMEMBERED_STEPS)  # seconds of the last steps

    @classmethod
    def of_variant(cls, variant, ranks) -> "Budget":
        """The budget of a run of `variant`."""
        return cls(variant.budget_seconds, variant.wall_seconds, ranks, variant.compile_seconds, variant.clock)

    def another_step(self) -> bool:
        """Whether one more step fits, judged by the longest of the last 20; ask once before each. The first question starts the clock.

        The answer is the same in all processes. Once it was no, it stays no and the clock stands still for good.
        Raises WallLimit when the run as a whole has taken too long.
        """
        if self._ended:
            return False
        self._read()
        spent, wall = self.ranks.decided([self.spent, self.wall_spent()])
        if wall > self.wall_limit:
            raise WallLimit(f"the run has taken {wall:.0f} s of wall time, {self.wall_limit:.0f} s are allowed, "
                            f"and {spent:.1f} s of {self.total:.1f} s of the training clock are spent")
        self.spent = self._agreed = spent
        if self._step_began is not None:
            self._recent.append(spent - self._step_began)
        self._step_began = spent
        self._started = True
        if self._since is None:
            self._since = self.clock()
        if spent + max(self._recent, default=0.0) > self.total:
            self._since, self._ended = None, True
        return not self._ended

    def progress(self) -> float:
        """Share of the budget spent when the present step was begun, 0 to 1, the same in all processes; what a schedule should follow."""
        return min(self._agreed / self.total, 1.0)

    def require_running(self) -> None:
        """Raises BudgetSpent unless the clock runs and is within the budget: training data is handed out under this condition only."""
        if self._since is None:
            raise BudgetSpent("training data is handed out only while the training clock runs: ask budget.another_step() before each step")
        if self.spent + self.clock() - self._since > self.total * (1 + GRACE):
            raise BudgetSpent(f"the budget of {self.total} s is spent: ask budget.another_step() before each step")

    def close(self) -> None:
        """Stops the clock for good. Raises BudgetSpent if more was spent than the budget and a hundredth of it."""
        self._read()
        self._since, self._ended = None, True
        if self.spent > self.total * (1 + GRACE):
            raise BudgetSpent(f"training took {self.spent:.2f} s of a budget of {self.total} s: ask budget.another_step() before each "
                              "step, and keep the steps equally long")

    @contextmanager
    def outside(self):
        """What happens inside costs nothing of the budget; for evaluate.py and checkpoint.py only."""
        running = self._since is not None
        self._read()
        self._since = None
        try:
            yield
        finally:
            self.ranks.synchronize()
            if running:
                self._since = self.clock()

    def compile(self, update, state: dict, rows: int, length: int, vocabulary: int) -> float:
        """Compiles the training step outside the clock: calls `update(next_batch)` on random tokens, then puts everything back.

        `next_batch()` gives tokens and targets like `Batches.next`, here random ones of shape (rows, length). `state` holds, by name, all
        that `update` changes, as objects with `state_dict` and `load_state_dict`; they, their gradients and all random generators are as
        before afterwards. Returns the seconds of the last step. Raises RuntimeError if the clock has been started or something does not
        go back to what it was, and WallLimit after a step that ends beyond `compile_limit` seconds of wall time.
        """
        if self._started:
            raise RuntimeError("compile before the first another_step(): later it is part of the training")
        before, random_states = _copied(_states(state)), generators.saved(self.ranks.device)
        tokens = torch.randint(vocabulary, (2, rows, length), device=self.ranks.device)
        began = self.wall()
        for _ in range(DUMMY_STEPS):
            self.ranks.synchronize()
            step_began = self.clock()
            update(lambda: (tokens[0], tokens[1]))
            self.ranks.synchronize()
            seconds = self.clock() - step_began
            if self.wall() - began > self.compile_limit:
                raise WallLimit(f"the compilation took {self.wall() - began:.0f} s, {self.compile_limit:.0f} s are allowed")
        for name, part in state.items():
            part.load_state_dict(_copied(before[name]))
            for parameter in part.parameters() if isinstance(part, torch.nn.Module) else ():
                parameter.grad = None
        generators.restore(random_states, self.ranks.device)
        for name, part in _states(state).items():
            if not _same(part, before[name]):
                raise RuntimeError(f"{name} is not as it was before the compilation: its state_dict must hold all that a step changes")
        seconds = self.ranks.decided([seconds])[0]
        if not self._recent:
            self._recent.append(seconds)
        return seconds

    def wall_spent(self) -> float:
        """Seconds of wall time of this run, those before it was interrupted included."""
        return self._wall_before + self.wall() - self._wall_start

    def state_dict(self) -> dict:
        return {"spent": self.spent, "agreed": self._agreed, "wall": self.wall_spent(), "recent": list(self._recent), "total": self.total}

    def load_state_dict(self, state: dict) -> None:
        """Goes on with the clock as it was saved. Raises ValueError if it was that of another budget."""
        if state["total"] != self.total:
            raise ValueError(f"the checkpoint belongs to a budget of {state['total']} s, this run has {self.total} s")
        self.spent, self._agreed, self._wall_before = state["spent"], state["agreed"], state["wall"]
        self._recent = deque(state["recent"], maxlen=REMEMBERED_STEPS)

    def _read(self) -> None:
        """Adds what the clock has counted to `spent`, once the GPU is done."""
        if self._since is not None:
            self.ranks.synchronize()
            now = self.clock()
            self.spent += now - self._since
            self._since = now


def _states(state: dict) -> dict:
    return {name: part.state_dict() for name, part in state.items()}


def _copied(value):
    return {key: _copied(item) for key, item in value.items()} if isinstance(value, dict) else \
        [_copied(item) for item in value] if isinstance(value, list) else \
        value.detach().clone() if isinstance(value, torch.Tensor) else copy.deepcopy(value)


def _same(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.shape == b.shape and a.dtype == b.dtype and torch.equal(a.nan_to_num(), b.nan_to_num())
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(_same(value, b[key]) for key, value in a.items())
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_same(left, right) for left, right in zip(a, b))
    return a == b

