"""The budget: a meter that prices every array operation of the training, so that equal work means equal budget.

A clock would stop two runs of the same code at different steps, and the same seed would give two results. So the budget
is counted in *work seconds*: each NumPy operation on a `Metered` array is charged a fixed price by its shape, in the
seconds it took on the reference machine (README.md). Wider layers, larger batches and costlier optimizers thus get
fewer steps, exactly as under a clock. A hard limit on real CPU seconds stops work that went round the meter.
"""
import os
import sys
import time
from math import prod, sqrt

if "numpy" in sys.modules:
    raise ImportError("budget must be imported before numpy: it limits the linear algebra to one thread")
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[variable] = "1"  # one thread: the same sums in the same order, and two runs fit on two cores

import numpy as np  # noqa: E402

TOTAL_WORK_SECONDS = 8.0
SMOKE_WORK_SECONDS = 0.1  # with SMOKE=1 in the environment: does it run at all?
HARD_CPU_SECONDS = 45.0

# Prices in seconds of one core of the reference machine, for float32; other types cost in proportion to their bytes.
CALL = 6.5e-6  # any operation, however small: mostly Python, and the meter itself
FLOP = 12e-12  # one multiplication or addition inside a matrix product
SIMPLE = 0.15e-9  # one element of +, -, *, /, a comparison, a copy
CURVED = 0.5e-9  # one element of exp, tanh, sqrt, maximum and everything else
POWER = 60e-9  # one element of x ** y
REDUCED = 0.9e-9  # one element going into a sum or a maximum
MOVED = 1.5e-9  # one element picked or placed by an index array, or any operation not named here
LARGE, CACHED = 1e-9, 32_768  # each element of a result or matrix beyond so many, which then leaves the cache
SCATTERED = 10e-9  # one element of np.add.at and its kin

SIMPLE_UFUNCS = {np.add, np.subtract, np.multiply, np.divide, np.negative, np.square, np.absolute, np.sign, np.positive,
                 np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
                 np.logical_and, np.logical_or, np.logical_not}
PRODUCTS = {getattr(np, name) for name in ("matmul", "vecdot", "matvec", "vecmat") if hasattr(np, name)}


class BudgetSpent(RuntimeError):
    """An operation was asked for that the rest of the budget does not pay; the run ends without a result."""


class Budget:
    """Work seconds of one run. `total` is what it may spend, `spent` what it has."""

    def __init__(self, total: float, cpu_clock=time.process_time, cpu_limit: float = HARD_CPU_SECONDS):
        self.total, self.spent, self.paused = total, 0.0, False
        self.cpu_clock, self.cpu_limit = cpu_clock, cpu_limit
        self._step_began, self._largest_step = 0.0, 0.0

    @classmethod
    def of_environment(cls) -> "Budget":
        """The budget of a run: 8 work seconds, or a tenth of one when SMOKE is set."""
        return cls(SMOKE_WORK_SECONDS if os.environ.get("SMOKE") else TOTAL_WORK_SECONDS)

    def meter(self, array) -> "Metered":
        """`array` as one whose every operation is charged here; what is computed from it is metered too."""
        metered = np.asarray(array).view(Metered)
        metered.budget = self
        return metered

    def another_step(self) -> bool:
        """Whether one more training step fits, judged by the costliest so far. Ask once before each step.

        Raises RuntimeError when the process used more CPU seconds than the hard limit: the work was not metered.
        """
        if self.cpu_clock() > self.cpu_limit:
            raise RuntimeError(f"the run used more than {self.cpu_limit:.0f} CPU seconds for {self.spent:.2f} of {self.total:.2f} "
                               "work seconds: keep parameters and batches metered, or use a faster machine")
        self._largest_step = max(self._largest_step, self.spent - self._step_began)
        self._step_began = self.spent
        return self.spent + self._largest_step <= self.total

    def progress(self) -> float:
        """Share of the budget spent, 0 to 1; what a schedule should follow."""
        return self.spent / self.total

    def charge(self, seconds: float) -> None:
        """Spends `seconds` of work. Raises BudgetSpent once that is more than the total."""
        if self.paused:
            return
        self.spent += seconds
        if self.spent > self.total:
            raise BudgetSpent(f"the budget of {self.total} work seconds is spent: ask another_step() before each step")


class Metered(np.ndarray):
    """An array that charges its budget for what is done with it; otherwise an ordinary NumPy array."""

    budget = None

    def __array_finalize__(self, parent):
        if parent is not None:
            self.budget = getattr(parent, "budget", None)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        budget = _budget_of(inputs) or _budget_of(out or ())
        plain = [_plain(value) for value in inputs]
        if out is not None:
            options["out"] = tuple(_plain(value) for value in out)
        result = getattr(ufunc, method)(*plain, **options)
        if budget is not None:
            budget.charge(_ufunc_price(ufunc, method, plain, result))
        if out is not None:
            return out[0] if len(out) == 1 else out
        return _metered(result, budget)

    def __array_function__(self, function, types, args, options):
        budget = _budget_of(args) or self.budget
        before = budget.spent if budget else 0.0
        result = super().__array_function__(function, types, args, options)
        if budget is not None:
            dense = _dense_price(function, args, result)
            if dense or budget.spent == before:  # what is made of metered parts has been paid part by part
                budget.charge(dense or CALL + MOVED * max(_size(value) for value in [result, *_flat(args)]))
        return _metered(result, budget)

    def __getitem__(self, index):
        result = super().__getitem__(index)
        if self.budget is not None and _has_array(index):
            self.budget.charge(CALL + MOVED * _size(result))
        return result

    def __setitem__(self, index, value):
        super().__setitem__(index, value)
        if self.budget is not None:
            self.budget.charge(CALL + (MOVED if _has_array(index) else SIMPLE) * max(_size(value), 1))

    def dot(self, other, out=None):
        return np.matmul(self, other, out=out) if out is not None else np.matmul(self, other)


def _ufunc_price(ufunc, method, inputs, result) -> float:
    """Price of one call of a ufunc, from the shapes and types that went in and came out."""
    first, result = inputs[0], result[0] if isinstance(result, tuple) else result
    width = getattr(result, "itemsize", 4) / 4
    if ufunc in PRODUCTS:
        large = _beyond_cache(first) + _beyond_cache(inputs[1]) + _beyond_cache(result)
        return CALL + width * (2 * FLOP * _size(result) * first.shape[-1] + large)
    if method == "at":
        return CALL + SCATTERED * _size(inputs[1])
    if method in ("reduce", "accumulate", "reduceat"):
        return CALL + REDUCED * _size(first)
    each = SIMPLE if ufunc in SIMPLE_UFUNCS else POWER if ufunc in (np.power, np.float_power) else CURVED
    return CALL + width * (each * _size(result) + _beyond_cache(result))


def _beyond_cache(array) -> float:
    return LARGE * max(_size(array) - CACHED, 0)


def _dense_price(function, args, result) -> float:
    """Price of a NumPy function that multiplies matrices, by its products; 0 for any other."""
    arrays = [value for value in _flat(args) if isinstance(value, np.ndarray)]
    if function is np.einsum and isinstance(args[0], str):
        sizes = {}
        for term, value in zip(args[0].split("->")[0].split(","), args[1:]):
            sizes.update(zip(term.strip(), value.shape))
        products = prod(sizes.values())
    elif function in (np.dot, np.inner, np.vdot, np.tensordot, np.einsum):
        products = sqrt(arrays[0].size * arrays[-1].size * _size(result))  # (m k)(k n)(m n) = (m k n) ** 2
    elif function in (np.convolve, np.correlate):
        products = arrays[0].size * arrays[-1].size
    elif getattr(function, "__module__", "").startswith("numpy.linalg"):
        products = 10 * arrays[0].size * max(arrays[0].shape or (1,))
    else:
        return 0.0
    return CALL + 2 * FLOP * products * arrays[0].itemsize / 4


def _size(value) -> int:
    return getattr(value, "size", 1)


def _plain(value):
    return value.view(np.ndarray) if isinstance(value, Metered) else value


def _metered(result, budget):
    if type(result) is np.ndarray or isinstance(result, Metered):
        result = result.view(Metered)
        result.budget = budget
    elif isinstance(result, tuple):
        return tuple(_metered(part, budget) for part in result) if type(result) is tuple else result
    return result


def _flat(values):
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value


def _budget_of(values):
    for value in _flat(values):
        if isinstance(value, Metered) and value.budget is not None:
            return value.budget
    return None


def _has_array(index) -> bool:
    if isinstance(index, tuple):
        return any(isinstance(part, (np.ndarray, list)) for part in index)
    return isinstance(index, (np.ndarray, list))
