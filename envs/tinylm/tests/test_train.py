"""The gradients are right in every variant, runs repeat bit for bit, and the manifest's knobs fit the code."""
import json
import os
import re
import subprocess
import sys
from itertools import product

from budget import Budget
import numpy as np
import pytest
import train
import yaml
from conftest import ENVIRONMENT
from data import VOCABULARY
from evaluate import MAX_CONTEXT

MANIFEST = yaml.safe_load((ENVIRONMENT / "environment.yaml").read_text())
CODE = (ENVIRONMENT / "train.py").read_text()


def smoke(folder, seed: int, code: str = CODE) -> list:
    """The lines of metrics.jsonl of a smoke run of `code` in a fresh folder."""
    folder.mkdir()
    for name in ("budget.py", "data.py", "evaluate.py"):
        (folder / name).write_text((ENVIRONMENT / name).read_text())
    (folder / "train.py").write_text(code)
    environment = {key: value for key, value in os.environ.items() if key != "PROVING_GROUND_METRICS"}
    subprocess.run([sys.executable, "train.py"], cwd=folder, env={**environment, "SMOKE": "1", "SEED": str(seed)}, check=True, capture_output=True)
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_the_same_seed_gives_the_same_loss_to_the_last_bit_and_another_seed_another(tmp_path):
    first, second, other = smoke(tmp_path / "a", 1), smoke(tmp_path / "b", 1), smoke(tmp_path / "c", 2)
    for line in first + second:
        del line["cpu_seconds"]
    assert first == second
    assert first[-1]["val_loss"] != other[-1]["val_loss"]


def test_a_run_spends_its_budget_and_no_more_and_is_evaluated_along_the_way(tmp_path):
    lines = smoke(tmp_path / "a", 0)
    assert 0.099 < lines[-1]["seconds"] <= 0.1
    assert len(lines) == 17
    assert lines[0]["step"] == 0 and lines[-1]["val_loss"] < lines[0]["val_loss"]


@pytest.mark.parametrize("activation, norm, depth", [*product(["tanh", "relu", "gelu", "silu"], ["none", "rms", "layer"], [1]),
                                                     *product(["tanh", "gelu"], ["none", "layer"], [3])])
@pytest.mark.parametrize("smoothing", [0, 0.1])
def test_gradients_agree_with_finite_differences(monkeypatch, activation, norm, depth, smoothing):
    for name, value in dict(ACTIVATION=activation, NORM=norm, DEPTH=depth, RESIDUAL=depth > 1, WIDTH=7, EMBED=3, CONTEXT=4,
                            LABEL_SMOOTHING=smoothing).items():
        monkeypatch.setattr(train, name, value)
    rng = np.random.default_rng(3)
    vector, parameters = train.flatten({name: value.astype(np.float64) for name, value in train.initial_parameters(rng).items()})
    vector += 0.1 * rng.standard_normal(vector.shape)
    contexts, targets = rng.integers(0, VOCABULARY, (6, MAX_CONTEXT)), rng.integers(0, VOCABULARY, 6)

    def smoothed_loss():
        logits = train.forward(parameters, contexts)[0]
        costs = np.log(np.exp(logits).sum(axis=1, keepdims=True)) - logits
        return (1 - smoothing) * costs[np.arange(6), targets].mean() + smoothing * costs.mean()

    loss, gradients = train.loss_and_gradients(parameters, contexts, targets)
    if smoothing == 0:
        assert loss == pytest.approx(smoothed_loss())
    assert list(sorted(gradients)) == sorted(parameters)
    gradient = np.concatenate([gradients[name].ravel() for name in parameters])
    for index in rng.choice(len(vector), 60, replace=False):
        kept, step = vector[index], 1e-5
        vector[index] = kept + step
        above = smoothed_loss()
        vector[index] = kept - step
        below = smoothed_loss()
        vector[index] = kept
        assert gradient[index] == pytest.approx((above - below) / (2 * step), rel=1e-4, abs=1e-7)


def test_dropout_drops_the_same_units_forward_and_backward(monkeypatch):
    monkeypatch.setattr(train, "DROPOUT", 0.5)
    _, parameters = train.flatten(train.initial_parameters(np.random.default_rng(0)))
    contexts, targets = np.zeros((1, MAX_CONTEXT), int), np.zeros(1, int)
    hidden = train.forward(parameters, contexts, np.random.default_rng(1))[1][2]
    gradients = train.loss_and_gradients(parameters, contexts, targets, np.random.default_rng(1))[1]
    silenced = hidden[0] == 0
    assert 30 < silenced.sum() < 100
    assert np.all(gradients["bias0"][silenced] == 0) and np.all(gradients["bias0"][~silenced] != 0)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "rmsprop", "adam", "lion"])
def test_every_optimizer_walks_down_a_bowl(monkeypatch, optimizer):
    monkeypatch.setattr(train, "OPTIMIZER", optimizer)
    vector = np.array([0.05, -0.05])
    state = {"first": np.zeros(2), "second": np.zeros(2)}
    for step in range(1, 401):
        train.update(vector, vector.copy(), state, step, 1.0)
    assert np.abs(vector).max() < 0.005


def test_the_gradient_is_shortened_to_the_clip(monkeypatch):
    monkeypatch.setattr(train, "CLIP", 1.0)
    vector = np.zeros(2)
    train.update(vector, np.array([30.0, 40.0]), {"first": vector, "second": vector}, 1, 1.0)
    assert vector == pytest.approx(-train.USUAL_RATES["sgd"] * np.array([0.6, 0.8]))


@pytest.mark.parametrize("schedule, middle, end", [("constant", 1, 1), ("linear", 0.5, 0), ("cosine", 0.5, 0)])
def test_schedules_rise_through_the_warm_up_and_fall_over_the_rest(monkeypatch, schedule, middle, end):
    monkeypatch.setattr(train, "SCHEDULE", schedule)
    monkeypatch.setattr(train, "WARMUP", 0.2)
    assert 0 < train.rate_at(0) < 0.01 and train.rate_at(0.1) == pytest.approx(0.5, abs=0.01)
    assert [train.rate_at(at) for at in (0.2, 0.6, 1.0)] == pytest.approx([1, middle, end])


@pytest.mark.parametrize("knob", MANIFEST["knobs"], ids=lambda knob: knob["name"])
def test_every_knob_has_one_place_whose_value_is_allowed_and_a_reason_for_every_change(knob):
    matches = re.findall(knob["place"], (ENVIRONMENT / knob["file"]).read_text(), re.MULTILINE)
    assert len(matches) == 1
    if "choices" in knob:
        choices = [f"{value:f}".rstrip("0") if isinstance(value, float) else str(value) for value in knob["choices"]]
        assert matches[0] in choices and set(knob["why"]) == set(choices)
    else:
        assert knob["range"]["min"] <= float(matches[0]) <= knob["range"]["max"] and set(knob["why"]) == {"higher", "lower"}


def test_far_from_the_baseline_every_part_runs_together(tmp_path):
    code = CODE
    for name, value in dict(OPTIMIZER='"adam"', ACTIVATION='"gelu"', NORM='"rms"', SCHEDULE='"cosine"', RESIDUAL="True", DEPTH="2", DROPOUT="0.1",
                            AVERAGING="0.99", CLIP="1", WEIGHT_DECAY="0.0001", LABEL_SMOOTHING="0.01", WARMUP="0.05", CONTEXT="32").items():
        code, count = re.subn(rf"(?m)^{name} = \S+", f"{name} = {value}", code)
        assert count == 1
    lines = smoke(tmp_path / "a", 0, code)
    assert 0.099 < lines[-1]["seconds"] <= 0.1
    assert lines[-1]["val_loss"] < lines[0]["val_loss"]


def test_batches_and_parameters_stay_metered_through_a_step():
    budget = Budget(1.0)
    vector, parameters = train.flatten({name: budget.meter(value) for name, value in train.initial_parameters(np.random.default_rng(0)).items()})
    _, gradients = train.loss_and_gradients(parameters, np.zeros((4, MAX_CONTEXT), int), np.zeros(4, int))
    assert all(value.budget is budget for value in [vector, *parameters.values(), *gradients.values()])
