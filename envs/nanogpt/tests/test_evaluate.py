"""The evaluation cannot be cheated by the shape, scale or origin of what the model returns."""
import json
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from budget import Budget, BudgetSpent
from causality import CausalityViolation
from conftest import ALONE
from data import Batches, first_tokens
from evaluate import Evaluation, EvaluationRefused, losses
from ranks import Ranks
from tracking import Tracking
from variants import CPU_SMOKE

VARIANT = replace(CPU_SMOKE, length=16, validation_tokens=1024, validation_rows=8, budget_seconds=10)


@pytest.fixture
def make(shards, tmp_path, monkeypatch, clock):
    monkeypatch.setenv("DATA", str(shards))

    def evaluation(variant=VARIANT, ranks=ALONE):
        budget = Budget(10, 1000, ranks, clock=clock, wall=clock)
        batches = Batches(variant.train_glob, 4, 16, 64 * ranks.world, 256, ranks, budget)
        tracking = Tracking("test", {}, environment={"PROVING_GROUND_METRICS": str(tmp_path / "metrics.jsonl")})
        return Evaluation(variant, ranks, budget, batches, tracking, wall=clock)

    return evaluation


def uniform(tokens):
    return torch.zeros(*tokens.shape, 256)


def counts(tokens):
    """An honest model: the logits of a position are those of its token."""
    return F.one_hot(tokens, 256).float()


def test_a_uniform_model_costs_the_logarithm_of_the_vocabulary(make):
    assert make().validation_loss(uniform)[0] == pytest.approx(math.log(256), abs=1e-6)


def test_the_loss_is_the_mean_cross_entropy_of_the_tokens_that_follow(make, shards):
    text = torch.from_numpy(first_tokens(str(shards / "*_val_*"), 1025).astype("int64"))
    expected = F.cross_entropy(counts(text[:-1]), text[1:]).item()
    assert make().validation_loss(counts)[0] == pytest.approx(expected, abs=1e-6)


def test_logits_are_normalised_here_so_that_their_offset_buys_nothing_and_padding_none():
    targets = torch.arange(5)[None]
    logits = torch.randn(1, 5, 256)
    expected = losses(logits, targets, 256)
    assert torch.allclose(losses(logits + 100, targets, 256), expected, atol=1e-3)
    assert torch.equal(losses(F.pad(logits, (0, 64), value=50.0), targets, 256), expected)
    each = torch.cat([losses(logits[:, :1], torch.tensor([[token]]), 256) for token in range(256)])
    assert torch.exp(-each).sum().item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("answer, words", [
    (lambda tokens: torch.zeros(*tokens.shape, 255), r"shape \(8, 16, 255\), wanted \(8, 16, 256\)"),
    (lambda tokens: torch.zeros(len(tokens), 256), r"shape \(8, 256\), wanted"),
    (lambda tokens: None, "shape NoneType, wanted"),
    (lambda tokens: torch.zeros(*tokens.shape, 256, dtype=torch.int64), "torch.int64, wanted a floating-point type"),
    (lambda tokens: torch.full((*tokens.shape, 256), math.nan), "not finite: the training diverged"),
    (lambda tokens: torch.full((*tokens.shape, 256), -math.inf), "not finite")])
def test_answers_that_are_no_logits_are_refused_and_nothing_is_written(make, tmp_path, answer, words):
    with pytest.raises(EvaluationRefused, match=words):
        make().report(0, None, answer)
    assert not (tmp_path / "metrics.jsonl").exists()


def test_a_model_that_overwrites_its_tokens_changes_nothing(make):
    evaluation = make()
    before = evaluation.tokens.clone()
    evaluation.validation_loss(lambda tokens: uniform(tokens.fill_(0)))
    assert torch.equal(evaluation.tokens, before)


def test_the_validation_text_itself_is_of_no_use_without_looking_ahead(make):
    """A model that finds its batch in the validation text and gives the tokens that follow is caught by the exchanged text."""
    evaluation = make()
    known = {tokens.numpy().tobytes(): targets for tokens, targets in zip(evaluation.tokens, evaluation.targets)}

    def remembered(tokens):
        answer = known.get(tokens.numpy().tobytes())
        return uniform(tokens) if answer is None else 10 * F.one_hot(answer, 256).float()

    with pytest.raises(CausalityViolation, match="changed"):
        evaluation.validation_loss(remembered)


def test_nothing_of_a_pass_tells_whether_it_counts(make):
    """Of a probed batch, the pass that counts is now first, now last; all passes have one shape, and every one is text of the shards."""
    evaluation, first = make(replace(VARIANT, validation_tokens=128, probed_batches=1)), []
    for _ in range(40):
        seen = []
        evaluation.validation_loss(lambda tokens: seen.append(tokens.clone()) or counts(tokens))
        assert [tokens.shape for tokens in seen] == [(8, 16)] * 4
        first.append([torch.equal(tokens, evaluation.tokens[0]) for tokens in seen])
    assert len({tuple(order) for order in first}) > 3


def test_a_module_is_evaluated_without_dropout_and_left_as_it_was(make):
    class Dropping(torch.nn.Module):
        def forward(self, tokens):
            return F.dropout(counts(tokens), 0.5, self.training)

    model = Dropping()
    assert make().validation_loss(model)[1] == 0 and model.training


def test_processes_share_the_batches_and_each_proves_its_own(make):
    seen, alone = [[], []], []
    make().validation_loss(lambda tokens: alone.append(tokens) or uniform(tokens))
    for rank in range(2):
        class Half(Ranks):
            def gathered(self, value):
                return [value]

            def total(self, values):
                return values

        evaluation = make(ranks=Half(rank, 2, torch.device("cpu")))
        evaluation.validation_loss(lambda tokens: seen[rank].append(tokens) or uniform(tokens))
    assert [len(passes) for passes in seen] == [4 + 3, 4 + 3] and len(alone) == 8 + 6


def test_results_are_appended_as_they_come_and_cost_nothing(make, tmp_path, clock, capsys):
    evaluation = make()
    evaluation.budget.another_step()
    clock.now += 2
    evaluation.batches.next()

    def slow(tokens):
        clock.now += 0.5
        return uniform(tokens)

    evaluation.report(1, torch.tensor(2.5), slow)
    assert evaluation.budget.spent == 2
    line = json.loads((tmp_path / "metrics.jsonl").read_text())
    assert line == {"step": 1, "seconds": 2.0, "tokens": 64, "tokens_per_second": 32, "train_loss": 2.5,
                    "val_loss": pytest.approx(math.log(256)), "causality_difference": 0.0, "evaluation_seconds": 7.0}
    evaluation.final(1, torch.tensor(2.5), uniform)
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 2
    assert "final val_loss 5.545177 nats per token after 1 steps and 64 tokens" in capsys.readouterr().out
    assert not evaluation.budget.another_step()


def test_a_run_is_evaluated_at_even_shares_of_the_budget(make, clock):
    evaluation, at = make(replace(VARIANT, evaluations=4)), []
    evaluation.validation_loss = lambda predict: (1.0, 0.0)
    while evaluation.budget.another_step():
        if evaluation.due():
            evaluation.report(0, None, uniform)
            at.append(evaluation.budget.progress())
        clock.now += 0.1
    assert at == pytest.approx([0, 0.25, 0.5, 0.75], abs=0.011)


def test_training_beyond_the_budget_has_no_result(make, tmp_path, clock):
    evaluation = make()
    evaluation.budget.another_step()
    clock.now += 10.2
    with pytest.raises(BudgetSpent):
        evaluation.final(1, None, uniform)
    assert not (tmp_path / "metrics.jsonl").exists()


def test_processes_that_cannot_share_the_evaluation_evenly_are_refused(make):
    with pytest.raises(ValueError, match="3 processes cannot share the 64 sequences"):
        make(ranks=Ranks(0, 3, torch.device("cpu")))
