"""The budget counts the wall clock but for evaluations and checkpoints, and nothing is begun that would not fit."""
import pytest
from budget import Budget


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture()
def clock() -> Clock:
    return Clock()


def test_time_passes_from_the_first_moment_on(clock):
    budget = Budget(100.0, clock)
    clock.now += 30
    assert budget.spent() == 30 and budget.left() == 70 and budget.progress() == pytest.approx(0.3)


def test_evaluations_and_checkpoints_cost_nothing(clock):
    budget = Budget(100.0, clock)
    clock.now += 10
    with budget.paused():
        clock.now += 500
        assert budget.spent() == 10
        with budget.paused():
            clock.now += 500
        clock.now += 500
        assert budget.spent() == 10
    clock.now += 5
    assert budget.spent() == 15


def test_the_clock_goes_on_after_an_evaluation_that_failed(clock):
    budget = Budget(100.0, clock)
    with pytest.raises(KeyError), budget.paused():
        raise KeyError
    clock.now += 5
    assert budget.spent() == 5


def test_a_step_that_would_not_fit_is_not_begun(clock):
    budget, steps = Budget(100.0, clock), 0
    while budget.another_step():
        clock.now += 30
        steps += 1
    assert steps == 3 and budget.spent() == 90 and not budget.over()


def test_the_longest_step_so_far_decides(clock):
    budget = Budget(99.0, clock)
    durations = iter([10, 40, 10, 10, 10])
    steps = 0
    while budget.another_step():
        clock.now += next(durations)
        steps += 1
    assert steps == 3  # 60 are spent, and 40 more would not fit


def test_a_resumed_run_takes_over_what_was_spent_and_the_longest_step(clock):
    budget = Budget(100.0, clock)
    clock.now += 5  # loading again
    budget.resumed(spent=60.0, longest=40.0)
    assert budget.spent() == 65
    assert not budget.another_step()


def test_it_is_over_when_more_than_the_total_is_spent(clock):
    budget = Budget(100.0, clock)
    clock.now += 100
    assert not budget.over() and budget.left() == 0
    clock.now += 1
    assert budget.over() and budget.progress() == 1
