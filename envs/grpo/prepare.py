"""Fetches or makes what a run reads: the model and MATH for a GPU, or the tiny model and its arithmetic for a CPU.

    python prepare.py model [--into ~/proving-ground/grpo/model] [--revision HASH]
    python prepare.py data  [--into ~/proving-ground/grpo/math]
    python prepare.py tiny  [--into tiny]

`model` and `data` need the network and requirements-data.txt; cut off and started again, they go on where they were.
"""
import argparse
import json
import os
from pathlib import Path

MODEL = ("Qwen/Qwen2.5-Math-1.5B", "4a83ca6e4526a4f2da3aa259ec36c259f66b2ab2")
# 12,500 problems in seven subjects, and the 500 of them that Lightman et al. (2023), arXiv 2305.20050, held out for testing
MATH = ("EleutherAI/hendrycks_math", "21a5633873b6a120296cce3e2df9d5550074f4a3")
MATH_500 = ("HuggingFaceH4/MATH-500", "6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be")
SUBJECTS = ("algebra", "counting_and_probability", "geometry", "intermediate_algebra", "number_theory", "prealgebra", "precalculus")
HOME = Path.home() / "proving-ground" / "grpo"  # where environment.yaml looks, unless a target says otherwise


def fetch_model(into: Path, revision: str) -> None:
    """Downloads the weights and tokenizer into a folder, and writes beside them which revision they are."""
    from huggingface_hub import HfApi, snapshot_download

    revision = HfApi().model_info(MODEL[0], revision=revision).sha
    snapshot_download(MODEL[0], revision=revision, local_dir=into, allow_patterns=["*.json", "*.safetensors", "*.txt"])
    (into / "fetched.json").write_text(json.dumps({"repository": MODEL[0], "revision": revision}) + "\n")
    print(f"{MODEL[0]} at {revision} is in {into}")


def fetch_data(into: Path) -> None:
    """Downloads MATH and writes train.jsonl (12,000 problems) and test.jsonl (the 500 of MATH-500)."""
    from datasets import load_dataset

    everything = [row for subject in SUBJECTS for split in ("train", "test")
                  for row in load_dataset(MATH[0], subject, split=split, revision=MATH[1])]
    train, test = split_math(everything, list(load_dataset(MATH_500[0], split="test", revision=MATH_500[1])))
    into.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", train), ("test", test)):
        write_rows(into / f"{name}.jsonl", rows)
    (into / "fetched.json").write_text(json.dumps({"math": MATH, "test": MATH_500}) + "\n")
    print(f"{len(train)} problems to train on and {len(test)} to test are in {into}")


def split_math(everything: list[dict], held_out: list[dict], train: int = 12_000) -> tuple[list[dict], list[dict]]:
    """Rows of `problem`, `answer` and `solution`: all problems but those held out, and those.

    A problem is held out when it, or its solution, is the same but for white space as one of them, and left out when its
    solution has no boxed answer. Raises ValueError when a problem held out is not among all, or when the two reasons take
    more than a few of the `train` problems there should be: the source is not what it was.
    """
    from data import boxed_answer

    problems, solutions = ({_plain(row, part) for row in everything} for part in ("problem", "solution"))
    missing = [row["problem"] for row in held_out if _plain(row, "problem") not in problems and _plain(row, "solution") not in solutions]
    if missing:
        raise ValueError(f"{len(missing)} of the {len(held_out)} test problems are not in MATH, the first is {missing[0][:60]!r}: "
                         "the sources differ from the pinned ones")
    problems, solutions = ({_plain(row, part) for row in held_out} for part in ("problem", "solution"))
    left = [row | {"answer": boxed_answer(row["solution"])} for row in everything
            if _plain(row, "problem") not in problems and _plain(row, "solution") not in solutions]
    left = [row for row in left if row["answer"]]
    if not train * 0.99 <= len(left) <= train:
        raise ValueError(f"{len(left)} problems are left for training where {train} should be: the sources differ from the pinned ones")
    return tuple([{part: row[part] for part in ("problem", "answer", "solution")} for row in rows] for rows in (left, held_out))


def _plain(row: dict, part: str) -> str:
    return "".join(row[part].split())


def write_rows(path: Path, rows: list[dict]) -> None:
    """Writes JSON lines; the file is there whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    os.replace(part, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["model", "data", "tiny"])
    parser.add_argument("--into", type=Path, help="folder to fill")
    parser.add_argument("--revision", default=MODEL[1], help="of the model")
    arguments = parser.parse_args()
    try:
        if arguments.what == "model":
            fetch_model(arguments.into or HOME / "model", arguments.revision)
        elif arguments.what == "data":
            fetch_data(arguments.into or HOME / "math")
        else:
            import tiny

            tiny.make(arguments.into or Path("tiny"))
    except ImportError as error:
        raise SystemExit(f"{error}: install what this needs with `pip install -r requirements-data.txt`") from error


if __name__ == "__main__":
    main()
