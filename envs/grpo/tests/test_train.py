"""Training raises what it rewards, a run that is cut off ends as if it had not been, the budget is kept, and the manifest fits the code."""
import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
import train
import variant
import yaml
from conftest import ENVIRONMENT

MANIFEST = yaml.safe_load((ENVIRONMENT / "environment.yaml").read_text())
CODE = (ENVIRONMENT / "train.py").read_text()


@pytest.fixture()
def run(setup_folder, tmp_path, monkeypatch):
    """Runs `train.main()` in a folder of its own with the quick tiny model and the settings given; returns the lines of metrics.jsonl."""
    monkeypatch.setenv("PROVING_GROUND_SETUP", str(setup_folder))

    def start(folder: str = "run", size: dict = {}, facts: dict = {}, **settings) -> list[dict]:
        (tmp_path / folder).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / folder)
        monkeypatch.setattr(train, "V", replace(variant.of_environment(), problems=16, budget=1e6, **facts))
        monkeypatch.setattr(train, "SIZE", train.SIZES["cpu-smoke"] | size)
        for name, value in settings.items():
            monkeypatch.setattr(train, name, value)
        train.main()
        return lines()

    return start


def lines() -> list[dict]:
    with open("metrics.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def of_steps(rows: list[dict]) -> list[dict]:
    """The lines without what depends on the clock."""
    return [{key: value for key, value in row.items() if "seconds" not in key} for row in rows]


def test_training_raises_what_it_rewards_and_leaves_no_checkpoint(run, monkeypatch):
    def ones(grader, problems, groups):
        return torch.tensor([[float("<answer>1" in completion.text) for completion in group] for group in groups])

    monkeypatch.setattr(train, "training_rewards", ones)
    rows = run(size={"steps": 8, "prompts": 8, "micro_batch": 16, "accumulate": 2}, facts={"every": 4}, LEARNING_RATE=3)
    rewards = [row["reward"] for row in rows if "reward" in row]
    assert rewards[0] < 0.6 and sum(rewards[-2:]) / 2 > rewards[0] + 0.2
    assert [row["step"] for row in rows if "val_accuracy" in row] == [0, 4, 8]
    assert not os.path.exists("checkpoint.pt")


QUICK = {"steps": 6, "prompts": 4, "micro_batch": 8, "accumulate": 2}


def test_a_run_that_is_cut_off_ends_with_the_same_numbers_as_one_that_was_not(run, monkeypatch):
    whole = of_steps(run("whole", QUICK, SEED=3))

    class CutOff(Exception):
        pass

    def log(self, line):
        if line["step"] == 6:
            raise CutOff
        self_log(self, line)

    self_log = train.Tracking.log
    with monkeypatch.context() as patch, pytest.raises(CutOff):
        patch.setattr(train.Tracking, "log", log)
        run("parts", QUICK, SEED=3)
    before = of_steps(lines())
    assert before[-1]["step"] == 5 and os.path.exists("checkpoint.pt")
    parts = of_steps(run("parts", QUICK, SEED=3))
    assert before == whole[: len(before)]
    resumed = parts[len(before) :]
    assert [row["step"] for row in resumed] == [5, 6, 6]  # from the checkpoint after step 4 on
    assert resumed == [row for row in whole if row["step"] > 4]


def test_the_time_a_run_had_spent_is_not_given_again(run, monkeypatch):
    spent = []
    monkeypatch.setattr(train.checkpoint, "remove", lambda: None)
    run(size=QUICK)
    first = lines()[-1]["seconds"]
    monkeypatch.setattr(train.Budget, "another_step", lambda self: spent.append(self.spent()) or False)
    run(size=QUICK)
    assert 0 < spent[0] and spent[0] > [row["seconds"] for row in lines() if row["step"] == 4][0]
    assert first > 0


def test_a_checkpoint_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    path, budget = tmp_path / "checkpoint.pt", train.Budget(10.0)
    train.checkpoint.save(budget, {"step": 1}, path)
    monkeypatch.setattr(torch, "save", lambda state, file: file.write(b"half") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train.checkpoint.save(budget, {"step": 2}, path)
    assert train.checkpoint.load(budget, path) == {"step": 1}


def test_no_step_is_begun_that_the_budget_has_no_time_for(run, monkeypatch):
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(train, "Budget", lambda total: BUDGET(100.0, clock))
    learn = train.learn
    monkeypatch.setattr(train, "learn", lambda *given: setattr(clock, "now", clock.now + 30.0) or learn(*given))
    rows = run(size=QUICK)
    assert [row["step"] for row in rows if "reward" in row] == [1, 2, 3]
    assert rows[-1]["step"] == 3 and "val_accuracy" in rows[-1]


BUDGET = train.Budget


@pytest.mark.parametrize("settings", [
    {"LOSS": "no_baseline", "REWARD": "tagged", "LOSS_MEAN": "length", "GROUP": 4},
    {"LOSS": "reinforce_with_baseline", "ADVANTAGE": "mean", "LOSS_MEAN": "token"},
    {"EPOCHS": 2, "TEMPERATURE": 0.8, "SCHEDULE": "linear", "WEIGHT_DECAY": 0.1, "GRADIENT_CLIP": 0.1, "CLIP": 0.05, "GROUP": 16},
])
def test_far_from_the_baseline_every_part_runs(run, settings):
    rows = run(size=QUICK | {"steps": 2}, **settings)
    assert [row["step"] for row in rows if "gradient_norm" in row] == [1, 2]
    assert all(row["gradient_norm"] >= 0 for row in rows if "gradient_norm" in row)


def test_weights_in_bfloat16_learn_as_on_a_small_gpu(run):
    rows = run(size=QUICK | {"steps": 2}, facts={"dtype": "bfloat16"}, GRADIENT_CHECKPOINTING=True)
    learned = [row for row in rows if "gradient_norm" in row]
    assert len(learned) == 2 and any(row["gradient_norm"] > 0 for row in learned)
    assert all(row["ratio_moved"] < 0.2 for row in learned)


def test_checkpointing_gradients_changes_no_gradient(run):
    plain = of_steps(run("plain", QUICK | {"steps": 2}, GRADIENT_CHECKPOINTING=False))
    again = of_steps(run("again", QUICK | {"steps": 2}, GRADIENT_CHECKPOINTING=True))
    for one, other in zip(plain, again):
        assert one == pytest.approx(other, rel=1e-4) if "engine" not in one else one["val_accuracy"] == other["val_accuracy"]


def test_the_seed_decides_what_is_sampled(run):
    first, same, other = (of_steps(run(folder, QUICK | {"steps": 1}, SEED=seed)) for folder, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first == same
    assert first[1] != other[1]


def test_without_a_model_the_run_says_how_to_make_one(run, tmp_path):
    with pytest.raises(FileNotFoundError, match="run `python prepare.py tiny`"):
        run(facts={"model": tmp_path / "nowhere"})


def test_an_unknown_variant_is_refused_with_the_known_ones(monkeypatch):
    monkeypatch.setenv("VARIANT", "8gpu")
    with pytest.raises(ValueError, match="'8gpu': it must be one of full, 24gb, cpu-smoke"):
        variant.of_environment()


@pytest.mark.skipif(torch.cuda.is_available(), reason="the refusal is for machines without a GPU")
def test_a_gpu_variant_without_a_gpu_says_so(run):
    with pytest.raises(SystemExit, match="needs an NVIDIA GPU"):
        run(facts={"device": "cuda"})


@pytest.mark.parametrize("name", MANIFEST["variants"])
def test_every_variant_of_the_manifest_is_one_of_the_code_with_the_same_budget(name, monkeypatch):
    merged = MANIFEST | MANIFEST["variants"][name]
    monkeypatch.setenv("VARIANT", name)
    facts = variant.of_environment()
    assert facts.budget == merged["budget"]["seconds"]
    assert f"VARIANT={name} " in merged["run"]["command"] and f"VARIANT={name} SMOKE=1 " in merged["smoke"]["command"]
    assert [str(facts.model), str(facts.data)] == [data["path"] for data in merged["data"]] or name == "cpu-smoke"
    assert name in train.SIZES


def test_the_smoke_command_runs_as_a_process_in_seconds_of_budget(setup_folder, tmp_path):
    environment = {**os.environ, "VARIANT": "cpu-smoke", "SMOKE": "1", "SEED": "1", "PROVING_GROUND_SETUP": str(setup_folder)}
    command = [sys.executable, str(ENVIRONMENT / "train.py")]
    process = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert process.returncode == 0, process.stderr
    assert "final val_accuracy" in process.stdout.splitlines()[-1]
    assert "val_accuracy" in json.loads((tmp_path / "metrics.jsonl").read_text().splitlines()[-1])


@pytest.mark.parametrize("knob", MANIFEST["knobs"], ids=lambda knob: knob["name"])
def test_every_knob_has_one_place_whose_value_is_allowed_and_a_reason_for_every_change(knob):
    matches = re.findall(knob["place"], (ENVIRONMENT / knob["file"]).read_text(), re.MULTILINE)
    assert len(matches) == 1
    if "choices" in knob:
        choices = [f"{value:f}".rstrip("0") if isinstance(value, float) else str(value) for value in knob["choices"]]
        assert matches[0] in choices and set(knob["why"]) == set(choices)
    else:
        assert knob["range"]["min"] <= float(matches[0]) <= knob["range"]["max"] and set(knob["why"]) == {"higher", "lower"}


CHOICES = [(knob["name"], choice) for knob in MANIFEST["knobs"] if knob["kind"] == "algorithmic" for choice in knob["choices"]]


@pytest.mark.parametrize("knob, choice", CHOICES)
def test_every_algorithmic_choice_is_one_the_code_knows(knob, choice, monkeypatch):
    monkeypatch.setattr(train, knob.upper(), choice)
    rewards = torch.tensor([[1.0, 0.0]])
    advantages = train.group_advantages(rewards, train.ADVANTAGE)
    losses = train.per_token_loss(train.LOSS, torch.zeros(2, 1), torch.zeros(2, 1), rewards[0], advantages[0], train.CLIP)
    assert torch.isfinite(train.loss_over(losses, torch.ones(2, 1), train.LOSS_MEAN, 2, 2))
    assert train.rate_at(0.5) > 0
    assert train.REWARD in ("correct", "tagged")
