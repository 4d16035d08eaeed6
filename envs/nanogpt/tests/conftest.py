"""Lets the tests import the environment's modules as the smallest variant, and gives them clocks that only move when told to."""
import os
import sys
from pathlib import Path

ENVIRONMENT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ENVIRONMENT), str(ENVIRONMENT / "tests")]
os.environ["VARIANT"] = "cpu-smoke"
for name in ("SMOKE", "DATA", "SEED", "PROVING_GROUND_METRICS", "KEEP_CHECKPOINT", "WANDB_PROJECT", "WANDB_MODE", "TENSORBOARD_DIR",
             "MLFLOW_TRACKING_URI"):
    os.environ.pop(name, None)

import pytest  # noqa: E402
import torch  # noqa: E402
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
