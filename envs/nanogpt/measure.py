"""Measures what README.md has tables for, on the device at hand and on invented text. Prints Markdown.

    python measure.py speed                          tokens per second, memory and utilisation of train.py's step and of a straight one
    python measure.py causality                      what the causality proof costs beside an evaluation, and one-token decoding beside both
    python measure.py causality --checkpoint FILE    the same with trained weights (KEEP_CHECKPOINT=1), on the shards of DATA

VARIANT says of which problem: 1gpu by default; cpu-smoke to see that the script works.
"""
import argparse
import gc
import json
import os
import tempfile
import time
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from unittest import mock

import torch

import train
import variants
from budget import Budget
from causality import one_token_loss
from data import Batches
from evaluate import Evaluation
from prepare import write_synthetic
from ranks import Ranks
from tests.straight import Straight, loss_of
from tracking import Tracking

# Of bfloat16, dense, by NVIDIA's data sheets; the first name that is part of the device's.
PEAK_FLOPS = {"H100 PCIe": 756e12, "H100 NVL": 835e12, "H100": 989e12, "H200": 989e12, "A100": 312e12}
WARM_STEPS = 3


def flops_per_token(parameters: int, layers: int, width: int, length: int) -> float:
    """Floating-point operations of training on a token: 6 for each parameter in a product, 12 x layers x width x length for attention.

    Chowdhery et al., "PaLM" (2022), appendix B; the causal half of the attention that need not be computed is counted.
    """
    return 6 * parameters + 12 * layers * width * length


def used(variant, tokens_per_second: float, parameters: int) -> str:
    """Share of the device's peak that the model's operations amount to, or - where the peak is not known."""
    peak = next((peak for name, peak in PEAK_FLOPS.items() if variant.device == "cuda" and name in torch.cuda.get_device_name()), None)
    size = train.SIZES[variant.name]
    return f"{tokens_per_second * flops_per_token(parameters, size.layers, size.width, variant.length) / peak:.1%}" if peak else "-"


def memory(variant) -> str:
    """The largest GPU memory in use since the last question, in GiB."""
    if variant.device == "cpu":
        return "-"
    most = torch.cuda.max_memory_allocated() / 2**30
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return f"{most:.1f}"


def speed_of_train(variant, seconds: float) -> float:
    """Tokens per second of the training clock in a run of train.py itself, evaluated only at its end."""
    variant = replace(variant, budget_seconds=seconds, evaluations=0, probed_batches=1, validation_rows=1,
                      validation_tokens=4 * variant.length)
    with tempfile.TemporaryDirectory() as folder, chdir(folder), mock.patch.object(variants, "current", lambda: variant), \
            mock.patch.dict(os.environ, {"PROVING_GROUND_METRICS": "metrics.jsonl"}):
        train.main()
        return json.loads(Path("metrics.jsonl").read_text().splitlines()[-1])["tokens_per_second"]


def speed_of_straight(variant, seconds: float, rows: int, compiled: bool) -> float:
    """Tokens per second of the straight step on as many tokens a step as train.py takes."""
    ranks, size = Ranks.of_environment(variant.device), train.SIZES[variant.name]
    budget = Budget(1e9, 1e9, ranks)
    step_tokens = train.BATCH_TOKENS // size.shrink
    budget.another_step()
    rows = min(rows, step_tokens // variant.length)
    batches = Batches(variant.train_glob, rows, variant.length, step_tokens, variant.vocabulary, ranks, budget)
    model = Straight(size.layers, size.heads, size.width, variant.vocabulary, variant.length).to(ranks.device)
    forward = torch.compile(model, dynamic=False) if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1)
    steps, began = 0, 0.0
    while steps < WARM_STEPS + 2 or time.perf_counter() - began < seconds:
        if steps == WARM_STEPS:
            ranks.synchronize()
            began = time.perf_counter()
        for _ in range(batches.accumulation):
            tokens, targets = batches.next()
            with torch.autocast(variant.device, variant.dtype, enabled=variant.dtype != torch.float32):
                loss = loss_of(forward(tokens), targets) / batches.accumulation
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        ranks.synchronize()
        steps += 1
    return (steps - WARM_STEPS) * step_tokens / (time.perf_counter() - began)


def speed(variant, seconds: float, straight_rows: int) -> None:
    """Prints the table of speeds; compiled ones only where the variant compiles."""
    size = train.SIZES[variant.name]
    with torch.device("meta"):
        model = train.Model(size, variant.vocabulary, variant.length)
    parameters = sum(p.numel() for p in model.parameters()) - (model.positions.weight.numel() if model.positions is not None else 0)
    rows = []
    for compiled in [False, True] if variant.compiled else [False]:
        how = "compiled" if compiled else "eager"
        memory(variant)
        rate = speed_of_straight(variant, seconds, straight_rows, compiled)
        rows.append((f"straight, {how}", rate, memory(variant)))
        rate = speed_of_train(replace(variant, compiled=compiled), seconds)
        rows.append((f"train.py, {how}", rate, memory(variant)))
    print(f"\n{variant.name} on {device_name(variant)}, torch {torch.__version__}, {seconds:.0f} s each\n")
    print("| step | tokens/s | of the first | GPU memory, GiB | utilisation |\n| --- | --- | --- | --- | --- |")
    for name, rate, most in rows:
        print(f"| {name} | {rate:,.0f} | {rate / rows[0][1]:.2f} | {most} | {used(variant, rate, parameters)} |")


def device_name(variant) -> str:
    return torch.cuda.get_device_name() if variant.device == "cuda" else "one processor"


def causality(variant, checkpoint: Path | None, sequences: int) -> None:
    """Prints what an evaluation takes without and with the proof, and what one-token decoding of all its tokens would."""
    ranks = Ranks.of_environment(variant.device)
    torch.manual_seed(0)
    model = train.Model(train.SIZES[variant.name], variant.vocabulary, variant.length).to(ranks.device).eval()
    if checkpoint is not None:
        state = torch.load(checkpoint, map_location="cpu", weights_only=False)["state"]
        model.load_state_dict(state.get("averaged", state["model"]))
    budget = Budget(1e9, 1e9, ranks)

    def predict(tokens):
        with torch.autocast(variant.device, variant.dtype, enabled=variant.dtype != torch.float32):
            return model(tokens)

    def timed(probed_batches):
        chosen = replace(variant, probed_batches=probed_batches)
        batches = Batches(variant.train_glob, 1, variant.length, variant.length, variant.vocabulary, ranks, budget)
        evaluation = Evaluation(chosen, ranks, budget, batches, Tracking("measure", {}, silent=True))
        evaluation.validation_loss(predict)
        ranks.synchronize()
        began = time.perf_counter()
        loss, difference = evaluation.validation_loss(predict)
        ranks.synchronize()
        return time.perf_counter() - began, loss, difference, evaluation

    plain = timed(0)
    proven = timed(variant.probed_batches)
    evaluation = proven[3]
    tokens, targets = (part.flatten(0, 1)[:sequences].to(ranks.device) for part in (evaluation.tokens, evaluation.targets))
    began = time.perf_counter()
    slow_loss = one_token_loss(predict, tokens, targets, variant.vocabulary)
    ranks.synchronize()
    slow = (time.perf_counter() - began) * variant.validation_tokens / tokens.numel()
    with torch.no_grad():
        logits = predict(tokens)[..., : variant.vocabulary].float()
        same = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten()).item()
    print(f"\n{variant.name} on {device_name(variant)}, torch {torch.__version__}, {variant.validation_tokens:,} tokens\n")
    print("| evaluation | seconds | of the first |\n| --- | --- | --- |")
    print(f"| parallel, no proof | {plain[0]:.2f} | 1.00 |")
    print(f"| parallel, with the proof ({variant.probed_batches} batches probed) | {proven[0]:.2f} | {proven[0] / plain[0]:.2f} |")
    print(f"| one-token decoding (from {len(tokens)} sequences) | {slow:.1f} | {slow / plain[0]:.1f} |")
    print(f"\nLargest change of a logit in the proof: {proven[2]:.2g}. Loss of these {len(tokens)} sequences: {same:.6f} in parallel, "
          f"{slow_loss:.6f} token by token.")


def main(words=None) -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=["speed", "causality"])
    arguments.add_argument("--seconds", type=float, default=20, help="of each measurement of speed")
    arguments.add_argument("--straight-rows", type=int, default=8, help="sequences the straight step takes at a time: it needs much memory")
    arguments.add_argument("--sequences", type=int, default=16, help="decoded token by token; the time for all follows from theirs")
    arguments.add_argument("--checkpoint", type=Path)
    given = arguments.parse_args(words)
    variant = variants.current()
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ):
        if given.checkpoint is None:
            os.environ["DATA"] = folder
            write_synthetic(Path(folder), variant.vocabulary, 4 * train.BATCH_TOKENS // train.SIZES[variant.name].shrink + 100_000,
                            variant.validation_tokens + 1)
        if given.what == "speed":
            speed(variant, given.seconds, given.straight_rows)
        else:
            causality(variant, given.checkpoint, given.sequences)


if __name__ == "__main__":
    main()
