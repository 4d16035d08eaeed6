"""The clock counts the training and nothing else, is never overspent, and compiling leaves everything as it was."""
import random

import numpy as np
import pytest
import torch
from budget import Budget, BudgetSpent, WallLimit
from conftest import ALONE, Clock
from ranks import Ranks


def make(clock, total=10.0, wall=1000.0, ranks=ALONE, **options):
    return Budget(total, wall, ranks, clock=clock, wall=options.pop("wall_clock", clock), **options)


def test_a_step_that_would_not_fit_is_not_begun(clock):
    budget, steps = make(clock), 0
    while budget.another_step():
        clock.now += 3
        steps += 1
    assert (steps, budget.spent) == (3, 9)
    assert not budget.another_step()


def test_the_longest_of_the_last_steps_says_what_fits(clock):
    budget = make(clock)
    for seconds in (1, 4, 1, 1):
        assert budget.another_step()
        clock.now += seconds
    assert not budget.another_step()  # 7 s are spent, and 4 more would be too many
    assert budget.spent == 7


def test_the_clock_stands_still_before_the_first_step_outside_and_after_the_last(clock):
    budget = make(clock, total=5)
    clock.now += 50
    assert budget.another_step() and budget.spent == 0
    clock.now += 1
    with budget.outside():
        clock.now += 70
    clock.now += 1
    assert budget.another_step() and budget.spent == 2
    clock.now += 2
    assert not budget.another_step()
    clock.now += 90
    budget.close()
    assert budget.spent == 4


def test_progress_is_the_share_at_the_beginning_of_the_step(clock):
    budget = make(clock)
    budget.another_step()
    clock.now += 2.5
    assert budget.progress() == 0
    budget.another_step()
    assert budget.progress() == 0.25


def test_training_that_went_on_without_asking_has_no_result(clock):
    budget = make(clock)
    budget.another_step()
    clock.now += 10.2
    with pytest.raises(BudgetSpent, match="10.20 s of a budget of 10"):
        budget.close()


def test_a_run_ends_at_the_limit_of_wall_time_whatever_its_clock_says(clock):
    wall = Clock()
    budget = make(clock, wall=100, wall_clock=wall)
    assert budget.another_step()
    wall.now += 101
    with pytest.raises(WallLimit, match="101 s of wall time, 100 s are allowed"):
        budget.another_step()


class FollowsRankZero(Ranks):
    """A process whose rank 0 has other numbers than its own."""

    def __init__(self, decisions):
        super().__init__(1, 2, torch.device("cpu"))
        self.decisions = iter(decisions)

    def decided(self, values):
        return next(self.decisions)


def test_the_clock_of_rank_zero_decides_for_all(clock):
    budget = make(clock, ranks=FollowsRankZero([[0.0, 0.0], [5.0, 0.0], [9.0, 0.0]]))
    assert budget.another_step()
    clock.now += 1
    assert budget.another_step() and budget.progress() == 0.5
    clock.now += 1
    assert not budget.another_step()
    assert budget.spent == 9


def test_the_gpu_is_waited_for_wherever_the_clock_is_read(clock):
    class Slow(Ranks):
        def synchronize(self):
            clock.now += 1  # work that was asked for and is not done yet

    budget = make(clock, ranks=Slow(0, 1, torch.device("cpu")))
    budget.another_step()
    assert budget.another_step() and budget.spent == 1
    with budget.outside():
        assert budget.spent == 2


def test_an_interrupted_run_goes_on_with_the_clock_it_had(clock):
    first = make(clock, wall=100)
    first.another_step()
    clock.now += 4
    first.another_step()
    second = make(clock, wall=100)
    second.load_state_dict(first.state_dict())
    clock.now += 50
    assert second.another_step() and second.progress() == 0.4 and second.wall_spent() == 54
    clock.now += 4
    assert not second.another_step()
    with pytest.raises(ValueError, match="budget of 10.0 s, this run has 20"):
        make(clock, total=20).load_state_dict(first.state_dict())


def trainable():
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Embedding(32, 8), torch.nn.Linear(8, 32), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)

    def update(next_batch):
        tokens, targets = next_batch()
        np.random.random(), random.random()
        loss = torch.nn.functional.cross_entropy(torch.dropout(model(tokens), 0.1, True).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()

    return model, optimizer, update


def test_compiling_trains_on_random_tokens_outside_the_clock_and_undoes_it(clock):
    model, optimizer, update = trainable()
    shown = []
    before = {name: value.clone() for name, value in model.state_dict().items()}
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()

    def noticed(next_batch):
        shown.append(next_batch()[0])
        update(next_batch)
        assert not torch.equal(model[1].weight, before["1.weight"])
        clock.now += 3

    budget = make(clock)
    assert budget.compile(noticed, {"model": model, "optimizer": optimizer}, 2, 4, 32) == 3
    assert len(shown) == 3 and shown[0].shape == (2, 4)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert optimizer.state_dict()["state"] == {}
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1]) and random.getstate() == states[2]
    assert budget.spent == 0


def test_the_step_timed_while_compiling_says_whether_the_first_fits(clock):
    def three_seconds(next_batch):
        clock.now += 3

    for total, fits in ((2.9, False), (3.1, True)):
        budget = make(clock, total=total)
        budget.compile(three_seconds, {}, 2, 4, 32)
        assert budget.another_step() == fits


def test_compiling_after_a_resume_keeps_the_state_of_the_optimizer(clock):
    model, optimizer, update = trainable()
    tokens = torch.arange(8).view(2, 4)
    update(lambda: (tokens, tokens))
    before = optimizer.state_dict()["state"][0]["exp_avg"].clone()
    make(clock).compile(update, {"model": model, "optimizer": optimizer}, 2, 4, 32)
    after = optimizer.state_dict()["state"][0]
    assert torch.equal(after["exp_avg"], before) and after["step"] == 1


def test_something_that_does_not_go_back_is_refused(clock):
    model, optimizer, update = trainable()

    class Forgetful:
        seen = 0

        def state_dict(self):
            return {"seen": Forgetful.seen}

        def load_state_dict(self, state):
            pass

    def counted(next_batch):
        Forgetful.seen += 1
        update(next_batch)

    with pytest.raises(RuntimeError, match="counter is not as it was"):
        make(clock).compile(counted, {"model": model, "optimizer": optimizer, "counter": Forgetful()}, 2, 4, 32)


def test_compiling_is_limited_in_wall_time_and_comes_before_the_first_step(clock):
    model, optimizer, update = trainable()

    def slow(next_batch):
        clock.now += 61

    with pytest.raises(WallLimit, match="61 s, 60 s are allowed"):
        make(clock, compile_limit=60).compile(slow, {"model": model}, 2, 4, 32)
    budget = make(clock)
    budget.another_step()
    with pytest.raises(RuntimeError, match="before the first another_step"):
        budget.compile(update, {"model": model}, 2, 4, 32)
