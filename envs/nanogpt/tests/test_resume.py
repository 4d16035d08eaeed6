"""A run that was interrupted and starts again in its folder has the losses it would have had, bit for bit."""
import json

import pytest
import torch
import train
from budget import Budget
from checkpoint import CheckpointError, Checkpoints
from conftest import ALONE, Interrupted

def without_wall_time(lines):
    return [{key: value for key, value in line.items() if key != "evaluation_seconds"} for line in lines]


@pytest.mark.parametrize("changes", [{}, {"OPTIMIZER": "muon", "AVERAGING": 0.9, "SKIPS": True}, {"BATCH_TOKENS": 524288}],
                         ids=["baseline", "muon and averaged weights", "accumulated parts"])
def test_an_interrupted_run_goes_on_as_if_it_had_not_been(trainer, monkeypatch, tmp_path, changes):
    for name, value in changes.items():
        monkeypatch.setattr(train, name, value)
    whole = without_wall_time(trainer("whole"))
    parts = 2 if "BATCH_TOKENS" in changes else 1
    assert [line["step"] for line in whole if "learning_rate" in line] == list(range(1, 24 // parts + 1))
    with pytest.raises(Interrupted):
        trainer("broken", interrupted_at=9 if parts == 1 else 11)
    with pytest.raises(Interrupted):
        trainer("broken", interrupted_at=8)
    broken = without_wall_time(trainer("broken"))
    steps = [line["step"] for line in broken]
    assert steps != sorted(steps)  # the steps since the last checkpoint were done again
    assert {json.dumps(line) for line in broken} == {json.dumps(line) for line in whole}
    assert broken[-1] == whole[-1] and "val_loss" in whole[-1]
    assert not (tmp_path / "broken" / "checkpoint.pt").exists()


def test_the_last_weights_are_kept_where_that_is_asked_for(trainer, monkeypatch, tmp_path):
    monkeypatch.setenv("KEEP_CHECKPOINT", "1")
    trainer("kept")
    assert torch.load(tmp_path / "kept" / "checkpoint.pt", weights_only=False)["step"] == 24


@pytest.fixture
def parts():
    torch.manual_seed(0)
    return {"model": torch.nn.Linear(3, 3), "budget": Budget(10, 10, ALONE)}


def test_a_kill_while_writing_leaves_the_checkpoint_before(parts, tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    checkpoints = Checkpoints(parts, ALONE, parts["budget"], 5, path)
    checkpoints.save(1)

    def half(content, file):
        file.write(b"half of it")
        raise Interrupted

    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(torch, "save", half)
        checkpoints.save(2)
    assert checkpoints.load() == 1


@pytest.mark.parametrize("damage, words", [
    (lambda path, parts: path.write_bytes(b"no checkpoint"), "cannot be read"),
    (lambda path, parts: Checkpoints(dict(parts), ALONE, parts["budget"], 5, path).save(3) or parts.update(other=parts["model"]),
     "holds model, budget, this run has model, budget, other"),
    (lambda path, parts: Checkpoints(parts, ALONE, parts["budget"], 5, path).save(3) or parts.update(model=torch.nn.Linear(4, 4)),
     "does not fit this code"),
    (lambda path, parts: torch.save({"world": 8}, path), "written by 8 processes, this run has 1")])
def test_a_checkpoint_that_does_not_fit_is_refused_with_what_to_do(parts, tmp_path, damage, words):
    path = tmp_path / "checkpoint.pt"
    damage(path, parts)
    with pytest.raises(CheckpointError, match="(?s)" + words + ".*to start anew"):
        Checkpoints(parts, ALONE, parts["budget"], 5, path).load()
