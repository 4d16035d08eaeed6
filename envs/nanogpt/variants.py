"""What is fixed about each variant of the problem: data, vocabulary, budget and evaluation. VARIANT names the one that runs."""
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

import torch


@dataclass(frozen=True)
class Variant:
    name: str
    device: str  # "cuda" or "cpu"
    dtype: torch.dtype  # of the model's matrix products: decides how large a rounding difference the causality proof allows
    compiled: bool  # whether the training step goes through torch.compile
    vocabulary: int  # tokens are 0 to vocabulary - 1
    length: int  # tokens of a sequence, in training and in the evaluation
    budget_seconds: float  # of the training clock
    compile_seconds: float  # wall time the compilation may take, outside the training clock
    wall_seconds: float  # wall time of the whole process, whatever it does
    clock: Callable[[], float]  # seconds; what the training clock reads
    validation_tokens: int
    validation_rows: int  # sequences of one forward pass of the evaluation
    evaluations: int  # on the way, evenly over the budget; the final one comes on top
    probed_batches: int  # of each evaluation, for the causality proof
    log_every: int  # steps
    checkpoint_seconds: float  # of the training clock between two checkpoints

    @property
    def folder(self) -> Path:
        """Where the shards are: DATA in the environment, or data/fineweb."""
        return Path(os.environ.get("DATA") or "data/fineweb")

    @property
    def train_glob(self) -> str:
        return str(self.folder / "*_train_*.bin")

    @property
    def validation_glob(self) -> str:
        return str(self.folder / "*_val_*.bin")


EIGHT_GPUS = Variant(name="8gpu", device="cuda", dtype=torch.bfloat16, compiled=True, vocabulary=50_257, length=1024, budget_seconds=1500,
                     compile_seconds=900, wall_seconds=3600, clock=time.perf_counter, validation_tokens=10_485_760, validation_rows=16,
                     evaluations=10, probed_batches=8, log_every=20, checkpoint_seconds=300)
ONE_GPU = replace(EIGHT_GPUS, name="1gpu", wall_seconds=5400)
LARGE = replace(EIGHT_GPUS, name="large", budget_seconds=4500, wall_seconds=9000, validation_rows=8)

# One processor, no GPU, invented text: seconds instead of hours. The clock is that of the processor, so that a busy machine trains as far.
CPU_SMOKE = Variant(name="cpu-smoke", device="cpu", dtype=torch.float32, compiled=False, vocabulary=256, length=64, budget_seconds=8,
                    compile_seconds=10, wall_seconds=240, clock=time.process_time, validation_tokens=32_768, validation_rows=32,
                    evaluations=4, probed_batches=2, log_every=50, checkpoint_seconds=5)

VARIANTS = {variant.name: variant for variant in (ONE_GPU, EIGHT_GPUS, CPU_SMOKE, LARGE)}


def current() -> Variant:
    """The variant that VARIANT names; where SMOKE is set, cut down to a trial of seconds that does not compile.

    Raises SystemExit for an unknown name.
    """
    name = os.environ.get("VARIANT", "1gpu")
    if name not in VARIANTS:
        raise SystemExit(f"VARIANT={name} is unknown: use one of {', '.join(VARIANTS)}")
    variant = VARIANTS[name]
    if os.environ.get("SMOKE"):
        variant = replace(variant, budget_seconds=1 if variant.device == "cpu" else 10, compiled=False, evaluations=1, probed_batches=1,
                          validation_tokens=16 * variant.validation_rows * variant.length)
    return variant
