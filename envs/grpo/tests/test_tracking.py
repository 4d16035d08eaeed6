"""The numbers always reach metrics.jsonl; a tracker is used only when set up, and never ends a run."""
import json
import sys
from types import SimpleNamespace

import pytest
from tracking import Tracking


class Recorder:
    """Stands in for the wandb and mlflow modules: what was called, and a failure on demand."""

    def __init__(self, failing=()):
        self.calls, self.failing = [], failing

    def __getattr__(self, name):
        def call(*args, **options):
            if name in self.failing:
                raise ConnectionError("no route")
            self.calls.append((name, args, options))
            return self

        return call


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_without_any_tracker_the_numbers_are_appended_to_metrics_jsonl(tmp_path):
    said, path = [], tmp_path / "m.jsonl"
    tracking = Tracking("env", {}, environment={"PROVING_GROUND_METRICS": str(path)}, say=said.append)
    tracking.log({"step": 1, "val_loss": 2.5})
    tracking.log({"step": 2, "val_loss": 2.25})
    tracking.close()
    assert lines(path) == [{"step": 1, "val_loss": 2.5}, {"step": 2, "val_loss": 2.25}] and said == []


def test_a_silent_process_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Tracking("env", {}, silent=True, environment={"TENSORBOARD_DIR": "somewhere"}).log({"step": 1})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module, variables, logged", [
    ("wandb", {"WANDB_PROJECT": "mine"}, ("log", ({"val_loss": 2.5, "step": 7},), {})),
    ("mlflow", {"MLFLOW_TRACKING_URI": "file:x"}, ("log_metrics", ({"val_loss": 2.5},), {"step": 7}))])
def test_a_tracker_that_is_set_up_gets_every_number(tmp_path, monkeypatch, module, variables, logged):
    recorder = Recorder()
    monkeypatch.setitem(sys.modules, module, recorder)
    tracking = Tracking("env", {"LR": 1}, environment={**variables, "PROVING_GROUND_METRICS": str(tmp_path / "m")})
    tracking.log({"step": 7, "val_loss": 2.5})
    tracking.close()
    assert logged in recorder.calls
    assert recorder.calls[-1][0] in ("finish", "end_run")


def test_tensorboard_gets_a_curve_per_number(tmp_path, monkeypatch):
    recorder = Recorder()
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=lambda folder: recorder.opened(folder)))
    tracking = Tracking("env", {}, environment={"TENSORBOARD_DIR": "boards", "PROVING_GROUND_METRICS": str(tmp_path / "m")})
    tracking.log({"step": 7, "val_loss": 2.5, "note": "not a number"})
    assert recorder.calls[0] == ("opened", ("boards/env",), {})
    assert [call for call in recorder.calls if call[0] == "add_scalar"] == [("add_scalar", ("val_loss", 2.5, 7), {})]


@pytest.mark.parametrize("failing, words", [(("init",), "did not start"), (("log",), "failed")])
def test_a_tracker_that_fails_is_named_once_and_the_run_goes_on(tmp_path, monkeypatch, failing, words):
    monkeypatch.setitem(sys.modules, "wandb", Recorder(failing))
    said, path = [], tmp_path / "m"
    tracking = Tracking("env", {}, environment={"WANDB_MODE": "online", "PROVING_GROUND_METRICS": str(path)}, say=said.append)
    for step in range(3):
        tracking.log({"step": step})
    tracking.close()
    assert len(lines(path)) == 3
    assert len(said) == 1 and words in said[0] and "no route" in said[0]


def test_a_tracker_that_is_set_up_but_not_installed_is_named_once(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    said = []
    Tracking("env", {}, environment={"MLFLOW_TRACKING_URI": "file:x", "PROVING_GROUND_METRICS": str(tmp_path / "m")}, say=said.append)
    assert len(said) == 1 and "MLFLOW_TRACKING_URI is set, but MLflow cannot be imported" in said[0]


def test_wandb_that_is_disabled_is_not_started(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", Recorder(["init"]))
    said = []
    Tracking("env", {}, environment={"WANDB_MODE": "disabled", "PROVING_GROUND_METRICS": str(tmp_path / "m")}, say=said.append)
    assert said == []
