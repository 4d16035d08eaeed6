"""The budget prices work, not time, and cannot be overspent."""
import subprocess
import sys

import budget as module
import numpy as np
import pytest
from budget import Budget, BudgetSpent, Metered
from conftest import ENVIRONMENT


def price(work) -> float:
    """Work seconds charged for `work(a, b)` on two metered 64 x 64 matrices."""
    budget = Budget(1.0)
    a, b = budget.meter(np.ones((64, 64), np.float32)), budget.meter(np.ones((64, 64), np.float32))
    work(a, b)
    return budget.spent


def test_the_same_work_costs_the_same_to_the_last_bit():
    assert price(lambda a, b: np.tanh(a @ b).sum()) == price(lambda a, b: np.tanh(a @ b).sum())


def test_a_matrix_product_costs_its_multiplications_and_additions():
    assert price(lambda a, b: a @ b) == pytest.approx(module.CALL + 2 * 64**3 * module.FLOP)


@pytest.mark.parametrize("product", [np.matmul, np.dot, lambda a, b: a.dot(b), lambda a, b: np.einsum("ij,jk->ik", a, b),
                                     lambda a, b: np.tensordot(a, b, axes=1)])
def test_every_way_to_write_a_matrix_product_costs_at_least_as_much(product):
    assert price(product) >= price(lambda a, b: a @ b)


def test_double_precision_costs_twice_as_much():
    single, double = price(lambda a, b: a @ b), price(lambda a, b: a.astype(np.float64) @ b)
    assert double - module.CALL == pytest.approx(2 * (single - module.CALL))


@pytest.mark.parametrize("work", [lambda a, b: a + b, lambda a, b: np.exp(a), lambda a, b: a.mean(), lambda a, b: a[np.arange(9)],
                                  lambda a, b: np.where(a > 0, a, b), lambda a, b: np.add.at(a, [0], 1), lambda a, b: np.concatenate([a, b]),
                                  lambda a, b: np.linalg.svd(a), lambda a, b: a.__setitem__([1], 2), lambda a, b: np.multiply(a, 2, out=a)])
def test_no_common_operation_is_free(work):
    assert price(work) >= module.CALL


def test_what_is_computed_from_a_metered_array_is_metered():
    budget = Budget(1.0)
    weights = budget.meter(np.ones((4, 4), np.float32))
    for made in (np.ones((2, 4)) @ weights, weights + 1, weights.T, weights[[0, 1]], np.where(weights > 0, weights, 0), weights.copy()):
        assert isinstance(made, Metered) and made.budget is budget


def test_metered_results_equal_those_of_numpy():
    a = np.random.default_rng(0).standard_normal((8, 8)).astype(np.float32)
    m = Budget(1.0).meter(a.copy())
    for work in (lambda x: x @ x.T, lambda x: np.tanh(x).mean(axis=1), lambda x: np.einsum("ij,kj->ik", x, x), lambda x: x[[1, 1]].max()):
        assert np.array_equal(np.asarray(work(m)), work(a))


def test_work_beyond_the_budget_is_refused():
    budget = Budget(1e-4)
    a = budget.meter(np.ones((64, 64), np.float32))
    with pytest.raises(BudgetSpent, match="another_step"):
        for _ in range(100):
            a @ a


def test_asking_before_each_step_never_overspends():
    budget, steps = Budget(1e-3), 0
    a = budget.meter(np.ones((32, 32), np.float32))
    while budget.another_step():
        np.tanh(a @ a)
        steps += 1
    assert steps > 10
    assert 0.9 < budget.progress() <= 1


def test_a_wider_step_gets_fewer_steps():
    def steps(width):
        budget, count = Budget(1e-2), 0
        a = budget.meter(np.ones((width, width), np.float32))
        while budget.another_step():
            a @ a
            count += 1
        return count

    assert steps(64) > 2 * steps(256)


def test_unmetered_work_ends_at_the_hard_limit_of_cpu_seconds():
    clock = iter([1.0, 44.0, 46.0])
    budget = Budget(8.0, cpu_clock=lambda: next(clock))
    assert budget.another_step() and budget.another_step()
    with pytest.raises(RuntimeError, match="more than 45 CPU seconds"):
        budget.another_step()


def test_importing_numpy_before_the_budget_is_refused():
    process = subprocess.run([sys.executable, "-c", "import numpy, budget"], cwd=ENVIRONMENT, capture_output=True, text=True)
    assert "budget must be imported before numpy" in process.stderr
