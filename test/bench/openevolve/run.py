"""Runs OpenEvolve as its users do, with its default settings, against a local model server: run.py BASE_URL ITERATIONS AT_ONCE FOLDER"""

import asyncio
import sys
from pathlib import Path

from openevolve import OpenEvolve
from openevolve.config import Config, LLMModelConfig

base_url, iterations, at_once, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])


def main():
    model = LLMModelConfig(name="bench", api_base=base_url, api_key="none", temperature=0.7, top_p=0.95, max_tokens=1000, timeout=60, retries=0)
    config = Config(diff_based_evolution=False, log_level="WARNING")
    config.llm.models = [model]
    config.llm.evaluator_models = [model]
    config.evaluator.parallel_evaluations = at_once
    config.evaluator.cascade_evaluation = False
    program = folder / "program.py"
    program.write_text("VALUE = 1\n")
    evolution = OpenEvolve(
        initial_program_path=str(program),
        evaluation_file=str(Path(__file__).with_name("evaluator.py")),
        config=config,
        output_dir=str(folder / "output"),
    )
    asyncio.run(evolution.run(iterations=iterations))


if __name__ == "__main__":
    main()
