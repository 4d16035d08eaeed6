"""OpenEvolve's evaluator for the benchmark: a process that executes the command, and a line on when it ended."""

import os
import subprocess
import time


def evaluate(program_path):
    subprocess.run(["sh", "-c", os.environ["BENCH_COMMAND"]], check=True)
    with open(program_path) as program:
        score = float(program.read().split("=")[1])
    with open(os.environ["BENCH_ENDS"], "a") as ends:
        ends.write(f"{time.time() * 1000:.1f}\n")
    return {"combined_score": score}
