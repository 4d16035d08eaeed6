"""Lets the tests import the environment's modules, in its CPU variant, with a model made in a few seconds."""
import os
import sys
from pathlib import Path

import pytest

ENVIRONMENT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ENVIRONMENT))
for name in ("SMOKE", "SEED", "PROVING_GROUND_METRICS", "ROLLOUTS"):
    os.environ.pop(name, None)
os.environ["VARIANT"] = "cpu-smoke"

import torch  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def setup_folder(tmp_path_factory) -> Path:
    """A setup's folder with a tiny model that has seen sums of digits for a few seconds."""
    import tiny

    folder = tmp_path_factory.mktemp("setup")
    tiny.make(folder / "tiny", largest=19, test=64, steps=120, say=lambda _: None)
    return folder


@pytest.fixture(scope="session")
def tokenizer(setup_folder):
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast.from_pretrained(setup_folder / "tiny" / "model")


@pytest.fixture()
def model(setup_folder):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(setup_folder / "tiny" / "model")
