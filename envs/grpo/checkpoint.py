"""Checkpoints: a run that is cut off goes on from the last one when it is started again in the same folder.

They cost nothing of the budget. A checkpoint is written beside the old one and takes its place in one move, so that
there is always a whole one; the run that ends by itself takes it away.
"""
import os
from pathlib import Path

import torch

from budget import Budget

PATH = Path("checkpoint.pt")


def save(budget: Budget, state: dict, path: Path = PATH) -> None:
    """Writes `state` (tensors, numbers, text, lists, dicts) and the budget spent, atomically."""
    with budget.paused():
        written = path.with_suffix(".part")
        with open(written, "wb") as file:
            torch.save({"state": state, "spent": budget.spent(), "longest": budget.longest_step}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(written, path)


def load(budget: Budget, path: Path = PATH) -> dict | None:
    """The state of the last checkpoint, or None at a first start; the budget takes over what was spent until then."""
    if not path.exists():
        return None
    with budget.paused():
        saved = torch.load(path, map_location="cpu", weights_only=True)
        budget.resumed(saved["spent"], saved["longest"])
    return saved["state"]


def remove(path: Path = PATH) -> None:
    """Takes the checkpoint away: the run is complete."""
    path.unlink(missing_ok=True)
