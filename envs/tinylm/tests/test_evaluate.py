"""The evaluation cannot be cheated by the shape, scale or origin of what the model returns."""
import json

from budget import Budget
import numpy as np
import pytest
from data import VOCABULARY, texts
from evaluate import MAX_CONTEXT, POINTS, ROWS_AT_ONCE, Evaluation, EvaluationRefused, negative_log_likelihood, validation_loss

TEXT = texts()[1]


def uniform(contexts):
    return np.zeros((len(contexts), VOCABULARY))


def test_a_uniform_model_costs_the_logarithm_of_the_vocabulary():
    assert validation_loss(uniform, TEXT) == pytest.approx(np.log(VOCABULARY), abs=1e-12)


def test_logits_are_normalised_here_so_that_their_offset_and_scale_buy_nothing():
    targets = np.arange(5)
    logits = np.random.default_rng(0).standard_normal((5, VOCABULARY))
    assert negative_log_likelihood(logits + 1000, targets) == pytest.approx(negative_log_likelihood(logits, targets))
    probabilities = np.exp(-negative_log_likelihood(np.repeat(logits[:1], VOCABULARY, 0), np.arange(VOCABULARY)))
    assert probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_logits_that_are_not_finite_are_refused(bad):
    logits = np.zeros((5, VOCABULARY))
    logits[2, 3] = bad
    with pytest.raises(EvaluationRefused, match="diverged"):
        negative_log_likelihood(logits, np.arange(5))


def test_logits_of_another_shape_are_refused():
    with pytest.raises(EvaluationRefused, match="shape"):
        negative_log_likelihood(np.zeros((5, VOCABULARY + 1)), np.arange(5))


def test_the_model_is_given_only_the_characters_before_each_target():
    seen = []
    validation_loss(lambda contexts: seen.append(contexts) or uniform(contexts), TEXT)
    assert {rows.shape for rows in seen} == {(ROWS_AT_ONCE, MAX_CONTEXT)}
    rows = np.concatenate(seen)
    assert np.array_equal(rows[0], TEXT[:MAX_CONTEXT])
    assert np.array_equal(rows[1], TEXT[MAX_CONTEXT + 1 : 2 * MAX_CONTEXT + 1])  # character 32, the first target, is in no row


def test_a_model_that_overwrites_its_contexts_changes_nothing():
    before = TEXT.copy()
    validation_loss(lambda contexts: contexts.fill(0) or uniform(contexts), TEXT)
    assert np.array_equal(TEXT, before)


def test_results_are_appended_as_they_come_and_cost_nothing(tmp_path, capsys):
    budget, path = Budget(1.0), tmp_path / "metrics.jsonl"
    evaluation = Evaluation(budget, TEXT, str(path), cpu_clock=lambda: 1.5)
    weights = budget.meter(np.zeros((1, VOCABULARY)))
    evaluation.report(10, 2.5, lambda contexts: weights.repeat(len(contexts), axis=0) + 0)
    assert budget.spent == 0
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"step": 10, "seconds": 0.0, "cpu_seconds": 1.5, "train_loss": 2.5, "val_loss": pytest.approx(np.log(VOCABULARY))}]
    evaluation.final(11, 2.4, uniform)
    assert len(path.read_text().splitlines()) == 2
    assert "final val_loss 3.135494" in capsys.readouterr().out


def test_a_run_is_evaluated_at_sixteen_even_shares_of_the_budget_and_once_more_at_its_end(tmp_path):
    budget, count = Budget(1.0), 0
    evaluation = Evaluation(budget, TEXT[: MAX_CONTEXT + 1].repeat(0), str(tmp_path / "unused"))
    evaluation.report = lambda *_: setattr(evaluation, "done", evaluation.done + 1)
    for _ in range(1000):
        if evaluation.due():
            evaluation.report(0, 0.0, uniform)
            count += 1
        budget.charge(0.00099)
    assert count == POINTS
