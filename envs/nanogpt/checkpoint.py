"""Checkpoints: a run that was interrupted and starts again in the same folder goes on exactly where its last checkpoint was made."""
import os
from pathlib import Path

import torch

import generators


class CheckpointError(RuntimeError):
    """The checkpoint in the folder cannot be gone on from."""


class Checkpoints:
    """Saves and loads `state`, objects with `state_dict` and `load_state_dict` by name, in `path`; together with the random generators.

    All processes take part: rank 0 writes, the random generators are those of each. `every` are seconds of the training clock.
    """

    def __init__(self, state: dict, ranks, budget, every: float, path="checkpoint.pt"):
        self.state, self.ranks, self.budget, self.every, self.path = state, ranks, budget, every, Path(path)
        self.saved_at = 0.0

    def save_if_due(self, step: int) -> bool:
        """Saves, outside the training clock, when `every` seconds have passed since the last time. Ask between two steps."""
        spent = self.budget.progress() * self.budget.total  # agreed by all processes
        if spent < self.saved_at + self.every:
            return False
        self.saved_at = spent
        self.save(step)
        return True

    def save(self, step: int) -> None:
        """Writes the checkpoint; a kill at any moment leaves either the one before or this one, whole."""
        with self.budget.outside():
            states = self.ranks.gathered(generators.saved(self.ranks.device))
            if self.ranks.rank == 0:
                content = {"step": step, "world": self.ranks.world, "saved_at": self.saved_at, "generators": states,
                           "state": {name: part.state_dict() for name, part in self.state.items()}}
                unfinished = self.path.with_name(self.path.name + ".unfinished")
                with open(unfinished, "wb") as file:
                    torch.save(content, file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(unfinished, self.path)

    def load(self) -> int:
        """The step to go on with, after everything was put back; 0 without a checkpoint. Raises CheckpointError if it does not fit."""
        if not self.path.exists():
            return 0
        anew = f"; delete {self.path} to start anew"
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=False)
        except Exception as cause:  # a damaged file raises whatever its first bad byte leads to
            raise CheckpointError(f"{self.path} cannot be read ({type(cause).__name__}: {cause})" + anew) from cause
        if content["world"] != self.ranks.world:
            raise CheckpointError(f"{self.path} was written by {content['world']} processes, this run has {self.ranks.world}" + anew)
        if content["state"].keys() != self.state.keys():
            raise CheckpointError(f"{self.path} holds {', '.join(content['state'])}, this run has {', '.join(self.state)}" + anew)
        try:
            for name, part in self.state.items():
                part.load_state_dict(content["state"][name])
        except (RuntimeError, ValueError, KeyError) as cause:
            raise CheckpointError(f"{self.path} does not fit this code: {cause}" + anew) from cause
        generators.restore(content["generators"][self.ranks.rank], self.ranks.device)
        self.saved_at = content["saved_at"]
        if self.ranks.rank == 0:
            print(f"going on from step {content['step']} of {self.path}", flush=True)
        return content["step"]

    def finish(self, step: int) -> None:
        """Deletes the checkpoint of a run that is complete or, where KEEP_CHECKPOINT is set, makes the last one."""
        if os.environ.get("KEEP_CHECKPOINT"):
            self.save(step)
        elif self.ranks.rank == 0:
            self.path.unlink(missing_ok=True)
