"""Token shards: files of a 256-word header and GPT-2 tokens, read through memory maps and dealt out to the processes of a run.

A shard is 256 int32 (magic 20240520, version 1, number of tokens, zeros) and then that many uint16, all little-endian.
`python prepare.py` makes them.
"""
import glob
from pathlib import Path

import numpy as np
import torch

MAGIC, VERSION, HEADER_WORDS = 20240520, 1, 256
HEADER_BYTES = HEADER_WORDS * 4


class ShardError(ValueError):
    """A shard is missing, damaged or of another format."""


def header(count: int) -> bytes:
    """The first 1,024 bytes of a shard of `count` tokens."""
    words = np.zeros(HEADER_WORDS, "<i4")
    words[:3] = MAGIC, VERSION, count
    return words.tobytes()


def open_shard(path) -> np.ndarray:
    """The tokens of a shard as a read-only memory map of uint16. Raises ShardError if the file is not a whole shard."""
    size = Path(path).stat().st_size
    if size < HEADER_BYTES:
        raise ShardError(f"{path} has {size} bytes, fewer than the {HEADER_BYTES} of a shard's header: it was cut off; prepare it again")
    magic, version, count = (int(word) for word in np.fromfile(path, "<i4", 3))
    if magic != MAGIC:
        raise ShardError(f"{path} begins with {magic}, not with the magic number {MAGIC}: it is no token shard of this format")
    if version != VERSION:
        raise ShardError(f"{path} has version {version} of the format, only version {VERSION} is read here")
    tokens = size - HEADER_BYTES
    if count > 0 and tokens == 4 * count:
        raise ShardError(f"{path} holds {count} tokens in 4 bytes each: write them as uint16")
    if tokens < 2 * count:
        raise ShardError(f"{path} says {count} tokens, but only {tokens // 2} are there: it was cut off; copy or prepare it again")
    if tokens > 2 * count:
        raise ShardError(f"{path} says {count} tokens in 2 bytes each, but {tokens} bytes follow the header: its tokens are no uint16")
    return np.memmap(path, "<u2", "r", HEADER_BYTES, (count,))


def find_shards(pattern: str) -> list:
    """Paths that match `pattern`, in the order of their names. Raises ShardError if there is none."""
    paths = sorted(glob.glob(pattern))
    if not paths:
        raise ShardError(f"no shard matches {pattern}: `python prepare.py FOLDER` makes them from FineWeb, "
                         "`python prepare.py --synthetic FOLDER` invents some; DATA=FOLDER then says where they are")
    return paths


def first_tokens(pattern: str, count: int) -> np.ndarray:
    """The first `count` tokens (uint16) of the shards that match `pattern`. Raises ShardError if they hold fewer."""
    parts, missing = [], count
    for path in find_shards(pattern):
        parts.append(np.array(open_shard(path)[:missing]))
        missing -= len(parts[-1])
        if missing == 0:
            return np.concatenate(parts)
    raise ShardError(f"the shards of {pattern} hold {count - missing} tokens, the evaluation needs {count}")


class Batches:
    """Deals out the training shards in order, round and round: every step one stretch of `step_tokens` tokens, shared by all processes.

    A process gets its `accumulation` parts of the stretch one after the other, each as sequences of shape (`rows`, `length`), so the
    tokens of a step are the same for any number of processes. They are handed out only while the clock of `budget` runs.

    What is left of a shard after its last whole stretch is passed over. Raises ValueError if the stretch cannot be shared evenly and
    ShardError if no shard holds a whole one.
    """

    def __init__(self, pattern: str, rows: int, length: int, step_tokens: int, vocabulary: int, ranks, budget):
        self.rows, self.length, self.step_tokens, self.vocabulary = rows, length, step_tokens, vocabulary
        self.ranks, self.budget = ranks, budget
        each = rows * length * ranks.world
        if step_tokens % each:
            raise ValueError(f"a step of {step_tokens} tokens cannot be shared by {ranks.world} processes that take {rows} sequences of "
                             f"{length} tokens at a time: it must be a multiple of {each}")
        self.accumulation = step_tokens // each
        found = [(path, open_shard(path)) for path in find_shards(pattern)]
        found = [(path, shard) for path, shard in found if len(shard) > step_tokens]
        if not found:
            raise ShardError(f"no shard of {pattern} holds the {step_tokens + 1} tokens that a step needs: prepare larger ones")
        self.paths, self.shards = zip(*found)
        self.shard = self.offset = self.part = self.handed = 0

    def next(self) -> tuple:
        """Tokens and the tokens that follow them, int64 of shape (rows, length) each, on the process's device."""
        self.budget.require_running()
        if self.part == 0 and self.offset + self.step_tokens >= len(self.shards[self.shard]):
            self.shard, self.offset = (self.shard + 1) % len(self.shards), 0
        size = self.rows * self.length
        start = self.offset + (self.part * self.ranks.world + self.ranks.rank) * size
        stretch = torch.from_numpy(self.shards[self.shard][start : start + size + 1].astype(np.int64))
        if stretch.max() >= self.vocabulary:
            raise ShardError(f"{self.paths[self.shard]} holds token {int(stretch.max())}, the vocabulary ends at {self.vocabulary - 1}: "
                             "it was made with another tokenizer")
        self.part = (self.part + 1) % self.accumulation
        if self.part == 0:
            self.offset += self.step_tokens
            self.handed += self.step_tokens
        if self.ranks.device.type == "cuda":
            stretch = stretch.pin_memory().to(self.ranks.device, non_blocking=True)
        return stretch[:-1].view(self.rows, self.length), stretch[1:].view(self.rows, self.length)

    def state_dict(self) -> dict:
        """Where the next step begins. Raises RuntimeError in the middle of a step."""
        if self.part:
            raise RuntimeError(f"the position can be saved between steps only, not after {self.part} of {self.accumulation} parts of one")
        return {"shard": self.shard, "offset": self.offset, "handed": self.handed, "name": Path(self.paths[self.shard]).name}

    def load_state_dict(self, state: dict) -> None:
        """Goes on where `state` was saved. Raises ShardError if the shards are others than then."""
        if state["shard"] >= len(self.paths) or Path(self.paths[state["shard"]]).name != state["name"]:
            raise ShardError(f"the saved position is in {state['name']}, which is not shard {state['shard']} of the folder any more")
        self.shard, self.offset, self.handed = state["shard"], state["offset"], state["handed"]
