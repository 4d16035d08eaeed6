"""Lets the tests import the environment's modules, as the smallest variant."""
import os
import sys
from pathlib import Path

ENVIRONMENT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ENVIRONMENT))
os.environ["VARIANT"] = "cpu-smoke"

import torch  # noqa: E402

torch.set_num_threads(1)
