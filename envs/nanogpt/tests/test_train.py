"""The model is the one it says it is, every setting works, the schedule follows the budget, and the manifest's knobs fit the code."""
import math
import re
from itertools import product

import pytest
import torch
import train
import variants
import yaml
from conftest import ENVIRONMENT
from straight import Straight, loss_of

MANIFEST = yaml.safe_load((ENVIRONMENT / "environment.yaml").read_text())
CODE = (ENVIRONMENT / "train.py").read_text()
SIZE, LENGTH = train.Size(layers=2, heads=2, width=32, rows=4), 16


def model_of(size=SIZE, vocabulary=100):
    torch.manual_seed(0)
    return train.Model(size, vocabulary, LENGTH)


def test_the_model_computes_what_the_straight_one_does():
    model, tokens = model_of(), torch.randint(100, (3, LENGTH + 1))
    straight = Straight(2, 2, 32, 128, LENGTH).parameters_like(model)
    logits = straight(tokens[:, :-1])
    torch.testing.assert_close(model(tokens[:, :-1]), logits, rtol=1e-4, atol=1e-5)
    assert model(tokens[:, :-1], tokens[:, 1:]).item() == pytest.approx(loss_of(logits, tokens[:, 1:]).item(), abs=1e-5)


def test_the_sizes_are_those_of_gpt_2():
    with torch.device("meta"):
        for name, millions in (("1gpu", 124), ("8gpu", 124), ("large", 354)):
            count = sum(p.numel() for p in train.Model(train.SIZES[name], 50_257, 1024).parameters())
            assert round(count / 1e6) == pytest.approx(millions, abs=1)


def test_the_loss_of_a_new_model_is_that_of_guessing():
    tokens = torch.randint(100, (8, LENGTH + 1))
    assert model_of()(tokens[:, :-1], tokens[:, 1:]).item() == pytest.approx(math.log(128), abs=0.1)


@pytest.mark.parametrize("changes", [
    *[{name: value} for name, value in [("MLP", "relu2"), ("MLP", "swiglu"), ("MLP_RATIO", 3), ("MLP_RATIO", 5), ("NORM", "layer"),
                                        ("POSITIONS", "rotary"), ("QK_NORM", True), ("SKIPS", True), ("TIED", False), ("SOFTCAP", 15),
                                        ("OPTIMIZER", "muon"), ("CLIP", 0)]],
    {"MLP": "swiglu", "POSITIONS": "rotary", "QK_NORM": True, "SKIPS": True, "TIED": False, "SOFTCAP": 30, "OPTIMIZER": "muon"}],
    ids=lambda changes: ",".join(map(str, changes.values())))
def test_every_choice_changes_the_model_or_its_step_and_learns(monkeypatch, changes):
    tokens = torch.randint(100, (4, LENGTH + 1), generator=torch.Generator().manual_seed(1))

    def losses():
        model = model_of(SIZE)
        optimizers, found = train.optimizers_of(model), []
        for _ in range(8):
            loss = model(tokens[:, :-1], tokens[:, 1:])
            loss.backward()
            if train.CLIP:
                torch.nn.utils.clip_grad_norm_(model.parameters(), train.CLIP)
            for optimizer in optimizers.values():
                optimizer.step()
                optimizer.zero_grad()
            found.append(loss.item())
        return found

    before = losses()
    for name, value in changes.items():
        monkeypatch.setattr(train, name, value)
    after = losses()
    assert after != before
    assert after[-1] < after[0] - 0.05


@pytest.mark.parametrize("optimizer, tied", list(product(["adamw", "muon"], [True, False])))
def test_every_parameter_belongs_to_one_optimizer_and_only_matrices_decay(monkeypatch, optimizer, tied):
    monkeypatch.setattr(train, "OPTIMIZER", optimizer)
    monkeypatch.setattr(train, "TIED", tied)
    model = model_of()
    groups = [group for each in train.optimizers_of(model).values() for group in each.param_groups]
    held = [parameter for group in groups for parameter in group["params"]]
    assert sorted(map(id, held)) == sorted(map(id, model.parameters()))
    assert all((group["weight_decay"] > 0) == (parameter.dim() == 2) for group in groups for parameter in group["params"])


def test_rotary_positions_depend_on_distance_only(monkeypatch):
    monkeypatch.setattr(train, "POSITIONS", "rotary")
    attention = train.Attention(SIZE, LENGTH)
    q, k = torch.randn(2, 16), torch.randn(2, 16)
    turned_q, turned_k = (attention.turned(x[None, :, None].expand(1, 2, LENGTH, 16)) for x in (q, k))
    scores = (turned_q @ turned_k.transpose(-2, -1))[0, 0]
    assert scores[5, 2] == pytest.approx(scores[12, 9].item(), abs=1e-5)
    assert scores[5, 2] != pytest.approx(scores[5, 3].item(), abs=1e-3)


def test_the_rate_rises_by_steps_and_falls_with_the_budget():
    assert train.rate_at(0, 0) == pytest.approx(0.0015 / 256)
    assert train.rate_at(127, 0) == pytest.approx(0.0015 / 2)
    assert train.rate_at(10_000, 0) == 0.0015
    assert train.rate_at(10_000, 0.5) == pytest.approx(0.0015 * 0.55)
    assert train.rate_at(10_000, 1) == pytest.approx(0.0015 * 0.1)


@pytest.mark.parametrize("schedule, quarter, half, end", [("linear", 0.775, 0.55, 0.1), ("cosine", 0.8682, 0.55, 0.1),
                                                         ("trapezoid", 1, 1, 0.1), ("constant", 1, 1, 1)])
def test_every_schedule_ends_at_its_share_whatever_the_number_of_steps(monkeypatch, schedule, quarter, half, end):
    monkeypatch.setattr(train, "SCHEDULE", schedule)
    for step in (300, 30_000):
        assert [train.rate_at(step, at) / 0.0015 for at in (0.25, 0.5, 1)] == pytest.approx([quarter, half, end], abs=1e-4)


def test_without_warm_up_the_first_step_has_the_full_rate(monkeypatch):
    monkeypatch.setattr(train, "WARMUP_STEPS", 0)
    assert train.rate_at(0, 0) == 0.0015


@pytest.mark.parametrize("knob", MANIFEST["knobs"], ids=lambda knob: knob["name"])
def test_every_knob_has_one_place_whose_value_is_allowed_and_a_reason_for_every_change(knob):
    matches = re.findall(knob["place"], CODE, re.MULTILINE)
    assert len(matches) == 1
    if "choices" in knob:
        assert matches[0] in map(str, knob["choices"]) and set(knob["why"]) == set(map(str, knob["choices"]))
    else:
        assert knob["range"]["min"] <= float(matches[0]) <= knob["range"]["max"] and set(knob["why"]) == {"higher", "lower"}


def test_every_file_but_train_is_protected_and_the_regions_of_train_are_closed():
    files = {path.name for path in ENVIRONMENT.glob("*.py")}
    assert files - set(MANIFEST["files"]["protected"]) == {"train.py"} == set(MANIFEST["files"]["editable"])
    marks = re.findall(r"# proving-ground: (protected|end)", CODE)
    assert marks and marks == ["protected", "end"] * (len(marks) // 2)


def test_every_variant_has_its_size_its_command_and_an_evaluation_its_processes_can_share(monkeypatch):
    assert set(MANIFEST["variants"]) == set(train.SIZES) == set(variants.VARIANTS)
    for name, changes in MANIFEST["variants"].items():
        command = changes.get("run", MANIFEST["run"])["command"]
        assert f"VARIANT={name} " in command
        gpus = changes["resources"]["gpus"]
        assert (f"--nproc_per_node {gpus} " in command) == (gpus > 1)
        assert changes.get("budget", MANIFEST["budget"])["seconds"] == variants.VARIANTS[name].budget_seconds
        monkeypatch.setenv("VARIANT", name)
        for smoke in ("", "1"):
            monkeypatch.setenv("SMOKE", smoke)
            variant = variants.current()
            assert variant.validation_tokens % (variant.validation_rows * variant.length * max(gpus, 1)) == 0
        assert changes["resources"].get("timeout", MANIFEST["resources"]["timeout"]) >= variants.VARIANTS[name].wall_seconds
