"""Advantages, losses and masks are what their formulas give by hand."""
import math

import pytest
import torch
import train
from rollout import Completion

LOGP = torch.tensor([[-1.0, -2.0], [-0.5, -3.0]])
REWARDS = torch.tensor([1.0, 0.0])
ADVANTAGES = torch.tensor([0.5, -2.0])


def test_advantages_are_rewards_less_the_groups_mean_over_its_deviation():
    # rewards 1 0 0 0: mean 1/4, unbiased variance (9 + 1 + 1 + 1) / 16 / 3 = 1/4, deviation 1/2
    # rewards 1 1 0 0: mean 1/2, unbiased variance 4 / 4 / 3 = 1/3
    advantages = train.group_advantages(torch.tensor([[1.0, 0, 0, 0], [1, 1, 0, 0]]), "mean_std")
    assert advantages[0].tolist() == pytest.approx([1.5, -0.5, -0.5, -0.5], abs=1e-5)
    assert advantages[1].tolist() == pytest.approx([math.sqrt(3) / 2] * 2 + [-math.sqrt(3) / 2] * 2, abs=1e-5)


def test_without_the_deviation_they_are_rewards_less_the_mean():
    assert train.group_advantages(torch.tensor([[1.0, 0, 0, 0]]), "mean")[0].tolist() == [0.75, -0.25, -0.25, -0.25]


@pytest.mark.parametrize("how", ["mean", "mean_std"])
@pytest.mark.parametrize("reward", [0.0, 1.0, 1.1])
@pytest.mark.parametrize("group", [4, 7])
def test_a_group_of_equal_rewards_teaches_nothing(how, reward, group):
    assert train.group_advantages(torch.full((2, group), reward), how).abs().max() < 1e-8


def test_no_baseline_is_reward_times_log_probability():
    losses = train.per_token_loss("no_baseline", LOGP, None, REWARDS, ADVANTAGES, 0.2)
    assert losses.tolist() == [[1.0, 2.0], [0.0, 0.0]]


def test_reinforce_with_baseline_is_advantage_times_log_probability():
    losses = train.per_token_loss("reinforce_with_baseline", LOGP, None, REWARDS, ADVANTAGES, 0.2)
    assert losses.tolist() == [[0.5, 1.0], [-1.0, -6.0]]


@pytest.mark.parametrize("advantage, ratio, loss, slope", [
    (2.0, 1.0, -2.0, -2.0),  # not moved: the gradient is the advantage's
    (2.0, 1.1, -2.2, -2.2),  # inside the range
    (2.0, 1.5, -2.4, 0.0),  # good and already likelier by more than a fifth: 1.2 * 2, and nothing more to gain
    (2.0, 0.5, -1.0, -1.0),  # good but less likely than before: the way back is open
    (-2.0, 1.5, 3.0, 3.0),  # bad but likelier than before: the way back is open
    (-2.0, 0.5, 1.6, 0.0),  # bad and already less likely by more than a fifth: 0.8 * 2
])
def test_the_clipped_loss_takes_the_smaller_gain_and_stops_pulling_beyond_the_range(advantage, ratio, loss, slope):
    logp = torch.tensor([[math.log(ratio) - 1.0]], requires_grad=True)
    losses = train.per_token_loss("grpo_clip", logp, torch.tensor([[-1.0]]), torch.tensor([1.0]), torch.tensor([advantage]), 0.2)
    losses.sum().backward()
    assert losses.item() == pytest.approx(loss, rel=1e-5)
    assert logp.grad.item() == pytest.approx(slope, rel=1e-5, abs=1e-6)


def test_an_unknown_loss_is_refused_by_name():
    with pytest.raises(ValueError, match="'ppo': it must be no_baseline"):
        train.per_token_loss("ppo", LOGP, LOGP, REWARDS, ADVANTAGES, 0.2)


@pytest.mark.parametrize("how, expected", [
    ("sequence", (1 / 1 + (3 + 5) / 2) / 2),  # means 1 and 4, then over two rows
    ("token", (1 + 3 + 5) / 3),
    ("length", (1 + 3 + 5) / (24 * 2)),  # the variant's 24 tokens, two rows
])
def test_padding_has_no_part_in_the_loss(how, expected):
    losses, mask = torch.tensor([[1.0, 100.0], [3.0, 5.0]]), torch.tensor([[1, 0], [1, 1]])
    assert train.loss_over(losses, mask, how, rows=2, tokens=3).item() == pytest.approx(expected)


@pytest.mark.parametrize("how", ["sequence", "token", "length"])
def test_micro_batches_add_up_to_the_loss_of_the_whole_update(how):
    losses, mask = torch.arange(12.0).view(4, 3), torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 1, 1]])
    whole = train.loss_over(losses, mask, how, rows=4, tokens=9)
    parts = [train.loss_over(losses[rows], mask[rows], how, rows=4, tokens=9) for rows in (slice(0, 3), slice(3, 4))]
    assert sum(parts).item() == pytest.approx(whole.item())


def test_log_probabilities_do_not_depend_on_the_padding_and_are_the_models(model):
    short, long = Completion([5, 6], [7, 8], "", True), Completion([9, 10, 11, 12], [13, 14, 15], "", True)
    together, mask = train.log_probabilities(model, [short, long], pad=1)
    alone, _ = train.log_probabilities(model, [short], pad=1)
    assert mask.tolist() == [[1, 1, 0], [1, 1, 1]]
    assert together[0, :2].tolist() == pytest.approx(alone[0].tolist(), abs=1e-4)
    logits = model(torch.tensor([[5, 6, 7, 8]])).logits[0].log_softmax(dim=1)
    assert alone[0].tolist() == pytest.approx([logits[1, 7].item(), logits[2, 8].item()], abs=1e-4)


def test_the_rollouts_temperature_is_in_the_log_probabilities(model, monkeypatch):
    monkeypatch.setattr(train, "TEMPERATURE", 0.5)
    logp, _ = train.log_probabilities(model, [Completion([5, 6], [7], "", True)], pad=1)
    logits = (model(torch.tensor([[5, 6]])).logits[0] / 0.5).log_softmax(dim=1)
    assert logp.item() == pytest.approx(logits[1, 7].item(), abs=1e-4)


def test_the_optimizer_takes_steps_too_small_for_the_weights_own_digits():
    layer = torch.nn.Linear(1, 1, bias=False, dtype=torch.bfloat16)
    torch.nn.init.ones_(layer.weight)
    optimizer = train.Optimizer(layer, "cpu")
    for _ in range(400):  # each is a four-hundredth of a bfloat16's last digit just below 1, 0.0039
        layer(torch.ones(1, 1, dtype=torch.bfloat16)).sum().backward()
        optimizer.step(1e-5)
    assert optimizer.copies[0].item() == pytest.approx(0.996, abs=1e-5)
    assert layer.weight.item() == 0.99609375


def test_gradients_add_up_over_micro_batches_and_are_shortened_together():
    layer = torch.nn.Linear(2, 1, bias=False)
    optimizer = train.Optimizer(layer, "cpu")
    for part in ([3.0, 0.0], [0.0, 4.0]):
        layer(torch.tensor([part])).sum().backward()
    assert layer.weight.grad is None
    assert optimizer.sums[layer.weight].tolist() == [[3.0, 4.0]]
    assert optimizer.step(1e-3) == pytest.approx(5.0)
    assert optimizer.sums == {}
