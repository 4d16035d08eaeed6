"""Lets the tests import the environment's modules as the smallest variant, and gives them clocks that only move when told to."""
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

ENVIRONMENT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ENVIRONMENT), str(ENVIRONMENT / "tests")]
os.environ["VARIANT"] = "cpu-smoke"
for name in ("SMOKE", "DATA", "SEED", "PROVING_GROUND_METRICS", "KEEP_CHECKPOINT", "WANDB_PROJECT", "WANDB_MODE", "TENSORBOARD_DIR",
             "MLFLOW_TRACKING_URI"):
    os.environ.pop(name, None)

import pytest  # noqa: E402
import torch  # noqa: E402
import train  # noqa: E402
import variants  # noqa: E402
from prepare import write_synthetic  # noqa: E402
from ranks import Ranks  # noqa: E402

torch.set_num_threads(1)
ALONE = Ranks(0, 1, torch.device("cpu"))


class Clock:
    """A clock that shows what was set."""

    def __init__(self):
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def shards(tmp_path_factory):
    """A folder with a small training and a small validation shard of the invented language."""
    folder = tmp_path_factory.mktemp("shards")
    write_synthetic(folder, 256, 200_000, 40_000)
    return folder


class Interrupted(BaseException):
    """The machine was taken away."""


@pytest.fixture
def trainer(shards, tmp_path, monkeypatch):
    """Runs the training in a folder below `tmp_path`, on a clock that counts batches: 24 of 64 tokens each, every step logged.

    `trainer(name, interrupted_at)` gives the lines of its metrics; where a number is given, that batch is not handed out any more.
    """
    monkeypatch.setenv("DATA", str(shards))
    monkeypatch.setitem(train.SIZES, "cpu-smoke", train.Size(layers=2, heads=2, width=16, rows=2, shrink=4096))

    class Counted(train.Batches):
        ticks, interrupted_at = 0, None

        def next(self):
            if Counted.ticks == Counted.interrupted_at:
                raise Interrupted
            Counted.ticks += 1
            return super().next()

    monkeypatch.setattr(train, "Batches", Counted)
    variant = replace(variants.CPU_SMOKE, length=32, budget_seconds=24, evaluations=3, validation_tokens=1024, validation_rows=8,
                      log_every=1, checkpoint_seconds=5, clock=lambda: Counted.ticks)
    monkeypatch.setattr(variants, "current", lambda: variant)

    def run(name, interrupted_at=None):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        Counted.interrupted_at = None if interrupted_at is None else Counted.ticks + interrupted_at
        train.main()
        return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]

    return run
