"""Measures the tables of README.md: the baseline, what each found setting is worth, other settings, and a random search.

    python tests/measure.py baseline|ablation|others|search [jobs at once, 2]

Every run is a copy of the environment in a temporary folder; a line per run is printed as it ends.
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from math import exp, log
from pathlib import Path
from statistics import mean, stdev

import yaml

HERE = Path(__file__).resolve().parent.parent
KNOBS = {knob["name"]: knob for knob in yaml.safe_load((HERE / "environment.yaml").read_text())["knobs"]}
FOUND = {"optimizer": "adam", "learning_rate": 4, "schedule": "cosine", "warmup": 0.05, "activation": "gelu", "norm": "rms", "depth": 2,
         "residual": "True", "context": 12, "width": 160, "batch": 96, "weight_decay": 0.0001}
OTHERS = [("init_scale", 0.1), ("init_scale", 3), ("dropout", 0.1), ("label_smoothing", 0.03), ("averaging", 0.99), ("clip", 0.3),
          ("embed", 24), ("context", 24), ("width", 320), ("depth", 3), ("activation", "relu"), ("optimizer", "momentum")]


def edited(code: str, settings: dict) -> str:
    """`code` with each knob's place set to the given value."""
    for name, value in settings.items():
        match = re.search(KNOBS[name]["place"], code, re.MULTILINE)
        code = code[: match.start(1)] + str(value) + code[match.end(1) :]
    return code


def run(settings: dict, seed: int) -> dict | None:
    """The last line of metrics.jsonl of one run with these settings, or None if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("budget.py", "data.py", "evaluate.py"):
            shutil.copy(HERE / name, folder)
        Path(folder, "train.py").write_text(edited((HERE / "train.py").read_text(), settings))
        environment = {**os.environ, "SEED": str(seed), "PROVING_GROUND_METRICS": str(Path(folder, "metrics.jsonl"))}
        process = subprocess.run([sys.executable, "train.py"], cwd=folder, env=environment, capture_output=True, text=True)
        if process.returncode != 0:
            return None
        return json.loads(Path(folder, "metrics.jsonl").read_text().splitlines()[-1])


def drawn(knob: dict, source: random.Random):
    """A value from the knob's choices or range."""
    if "choices" in knob:
        return source.choice(knob["choices"])
    low, high, logarithmic = knob["range"]["min"], knob["range"]["max"], knob["range"].get("scale") == "log"
    value = exp(source.uniform(log(low), log(high))) if logarithmic else source.uniform(low, high)
    return round(value) if knob["range"].get("integer") else float(f"{value:.3g}")


def main(what: str, at_once: int) -> None:
    if what == "baseline":
        jobs = [("baseline", {}, seed) for seed in range(5)]
    elif what == "search":
        source = random.Random(0)
        jobs = [(f"random {number}", {name: drawn(knob, source) for name, knob in KNOBS.items()}, 0) for number in range(40)]
    elif what == "others":
        jobs = [(f"found, {name} to {value}", {**FOUND, name: value}, seed) for name, value in OTHERS for seed in range(2)]
    else:
        baseline = (HERE / "train.py").read_text()
        jobs = [("found", FOUND, seed) for seed in range(5)]
        for name in FOUND:
            old = re.search(KNOBS[name]["place"], baseline, re.MULTILINE).group(1)
            jobs += [(f"found, {name} back to {old}", {**FOUND, name: old}, seed) for seed in range(2)]
            jobs += [(f"baseline, {name} to {FOUND[name]}", {name: FOUND[name]}, seed) for seed in range(2)]
    groups: dict = {}
    with ThreadPoolExecutor(at_once) as pool:
        for (label, settings, seed), result in zip(jobs, pool.map(lambda job: run(*job[1:]), jobs)):
            groups.setdefault(label, []).append(result["val_loss"] if result else float("nan"))
            shown = f"{result['val_loss']:.4f} after {result['step']} steps, {result['cpu_seconds']:.1f} CPU s" if result else "failed"
            print(f"{label}, seed {seed}: {shown} {settings if what == 'search' else ''}", flush=True)
    for label, losses in groups.items():
        print(f"| {label} | {mean(losses):.4f} | {stdev(losses):.4f} |" if len(losses) > 1 else f"| {label} | {losses[0]:.4f} |")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2)
