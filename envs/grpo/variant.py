"""What differs between the variants of this environment and is not a matter of the recipe: budget, evaluation, files.

`VARIANT` in the environment names one of `full`, `24gb` and `cpu-smoke`; with `SMOKE` set the same code makes one step of a
few short completions, to see that it works at all.
"""
import os
from dataclasses import dataclass, replace
from pathlib import Path

STOP = "</answer>"  # a completion ends with it


@dataclass(frozen=True)
class Variant:
    """Facts of one variant. Seconds are of the wall clock, lengths in tokens."""

    name: str
    model: Path  # folder with weights and tokenizer, as `save_pretrained` writes it
    data: Path  # folder with train.jsonl and test.jsonl
    device: str  # "cuda" or "cpu"
    dtype: str  # of weights and activations; the optimizer is always in float32
    budget: float  # seconds of training
    problems: int  # of test.jsonl that an evaluation asks, from the first on
    every: int  # GRPO steps between evaluations
    evaluations: int  # at most so many, the first and the last included
    new_tokens: int  # longest completion
    at_once: int  # completions that `transformers` generates together
    gpu_share: float  # of the GPU's memory that vLLM may take while it is awake


def _tiny() -> Path:
    """Where `prepare.py tiny` puts its model and data: in the setup's folder, or here when there is none."""
    return Path(os.environ.get("PROVING_GROUND_SETUP") or Path(__file__).resolve().parent) / "tiny"


def of_environment() -> Variant:
    """The variant that `VARIANT` names, `cpu-smoke` without it. Raises ValueError for an unknown name."""
    full = Variant(name="full", model=Path("model"), data=Path("math"), device="cuda", dtype="bfloat16", budget=3600.0,
                   problems=500, every=2, evaluations=21, new_tokens=1024, at_once=256, gpu_share=0.45)
    tiny = Variant(name="cpu-smoke", model=_tiny() / "model", data=_tiny() / "data", device="cpu", dtype="float32", budget=16.0,
                   problems=128, every=2, evaluations=21, new_tokens=24, at_once=128, gpu_share=0.0)
    variants = {"full": full, "24gb": replace(full, name="24gb", at_once=64, gpu_share=0.5), "cpu-smoke": tiny}
    name = os.environ.get("VARIANT") or "cpu-smoke"
    if name not in variants:
        raise ValueError(f"VARIANT is {name!r}: it must be one of {', '.join(variants)}")
    variant = variants[name]
    if os.environ.get("SMOKE"):
        variant = replace(variant, budget=600.0, problems=8, every=1, evaluations=3, new_tokens=min(variant.new_tokens, 64))
    return variant
