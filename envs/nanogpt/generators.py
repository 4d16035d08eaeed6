"""The states of all random generators a training step may use, to be put back later."""
import random

import numpy as np
import torch


def saved(device: torch.device) -> dict:
    """The states of the generators of this process and of its `device`."""
    return {"torch": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
            "numpy": np.random.get_state(), "python": random.getstate()}


def restore(states: dict, device: torch.device) -> None:
    """Puts back what `saved` returned."""
    torch.set_rng_state(states["torch"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)
    np.random.set_state(states["numpy"])
    random.setstate(states["python"])
