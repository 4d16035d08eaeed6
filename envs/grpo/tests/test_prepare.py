"""What is prepared has the right problems on the right side, and a source that changed is refused."""
import json
import sys
from types import SimpleNamespace

import prepare
import pytest
import tiny
import torch
from data import prompt, read_problems
from grade import Grader


def math(count: int) -> list[dict]:
    return [{"problem": f"What is  {number}?", "solution": rf"It is $\boxed{{{number}}}$."} for number in range(count)]


def test_the_problems_held_out_are_tested_and_all_others_trained_on():
    held_out = [{"problem": "What is 1?\n", "answer": "one", "solution": "by sight"},
                {"problem": "What is three?", "answer": "3", "solution": r"It is $\boxed{3}$."}]
    train, test = prepare.split_math(math(5), held_out, train=3)
    assert [row["answer"] for row in train] == ["0", "2", "4"]  # of 3 the wording is another, the solution the same
    assert [row["answer"] for row in test] == ["one", "3"]


def test_a_few_problems_that_cannot_be_used_are_left_out():
    unboxed = [{"problem": "open", "solution": "none"}]
    train, _ = prepare.split_math(math(300) + unboxed, [{"problem": "What is 1?", "answer": "1", "solution": "1"}], train=300)
    assert len(train) == 299 and all(row["answer"] for row in train)


@pytest.mark.parametrize("everything, words", [
    (math(1), "1 of the 1 test problems are not in MATH"), (math(4), "3 problems are left for training where 2 should be"),
    (math(2) + [{"problem": "open", "solution": "none"}], "1 problems are left for training where 2 should be"),
])
def test_a_source_that_is_not_what_it_was_is_refused(everything, words):
    with pytest.raises(ValueError, match=words):
        prepare.split_math(everything, [{"problem": "What is 1?", "answer": "1", "solution": "1"}], train=2)


def test_math_is_fetched_at_the_pinned_revisions_and_written_for_training_and_testing(tmp_path, monkeypatch):
    asked = []

    def load_dataset(name, subject=None, *, split, revision):
        asked.append((name, subject, split, revision))
        if name == prepare.MATH_500[0]:
            return [row | {"answer": "of " + row["problem"]} for row in math(500)]
        place = prepare.SUBJECTS.index(subject) * 2 + (split == "test")
        return math(12_500)[place * 900 : (place + 1) * 900 if place < 13 else None]

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    prepare.fetch_data(tmp_path / "math")
    assert len(read_problems(tmp_path / "math" / "train.jsonl")) == 12_000
    assert read_problems(tmp_path / "math" / "test.jsonl")[7].answer == "of What is  7?"
    assert {(name, revision) for name, _, _, revision in asked} == {prepare.MATH, prepare.MATH_500}
    assert len(asked) == 15


def test_the_model_is_fetched_at_a_revision_that_is_written_down(tmp_path, monkeypatch):
    fetched = {}

    class HfApi:
        def model_info(self, name, revision):
            return SimpleNamespace(sha="full hash of " + revision)

    def snapshot_download(name, revision, local_dir, allow_patterns):
        local_dir.mkdir()
        fetched.update(name=name, revision=revision)

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(HfApi=HfApi, snapshot_download=snapshot_download))
    prepare.fetch_model(tmp_path / "model", "4a83")
    assert fetched == {"name": "Qwen/Qwen2.5-Math-1.5B", "revision": "full hash of 4a83"}
    assert json.loads((tmp_path / "model" / "fetched.json").read_text())["revision"] == "full hash of 4a83"


def test_rows_are_written_whole_and_read_again(tmp_path):
    prepare.write_rows(tmp_path / "train.jsonl", [{"problem": "½?", "answer": "1/2"}])
    assert read_problems(tmp_path / "train.jsonl")[0].question == "½?"
    assert [path.name for path in tmp_path.iterdir()] == ["train.jsonl"]


def test_the_arithmetic_has_no_problem_on_both_sides_and_its_answers_are_right():
    train, test = tiny.problems()
    assert len(test) == 256 and not {row["problem"] for row in train} & {row["problem"] for row in test}
    for row in train + test:
        assert str(eval(row["problem"].removeprefix("What is $").removesuffix("$?"))) == row["answer"]


def test_most_of_the_worked_examples_go_wrong_and_none_is_untagged():
    import random

    source, (rows, _) = random.Random(0), tiny.problems()
    with Grader(workers=1) as grader:
        right = grader.grade([row["answer"] for row in rows], [tiny.worked(row, source) for row in rows])
    assert 0.35 < sum(right) / len(right) < 0.45


def test_the_tiny_tokenizer_gives_back_what_it_was_given_and_knows_the_prompt_in_few_tokens(tokenizer):
    text = prompt("What is $3 + 4$?") + " 3 + 4 = 7 </think> <answer>7</answer>"
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.decode(ids) == text and len(ids) < 40
    assert len(tokenizer(prompt("What is $3 + 4$?") + " @ä")["input_ids"]) > 0


def test_the_tiny_model_is_written_with_its_problems(setup_folder):
    rows = [json.loads(line) for line in (setup_folder / "tiny" / "data" / "test.jsonl").read_text().splitlines()]
    assert len(rows) == 64 and set(rows[0]) == {"problem", "answer", "solution"}
    assert (setup_folder / "tiny" / "model" / "model.safetensors").is_file()


def test_the_measured_model_has_the_real_ones_number_of_parameters():
    import measure
    from transformers import Qwen2Config, Qwen2ForCausalLM

    with torch.device("meta"):
        model = Qwen2ForCausalLM(Qwen2Config(**measure.REAL))
    assert model.num_parameters() == 1_543_714_304


def test_the_measurement_runs_and_prints_a_table(monkeypatch):
    import measure
    import train

    monkeypatch.setattr(train, "V", train.V)
    rows = measure.measure(measure.TINY, prompts=2, new_tokens=4, engines=["transformers"])
    text = "\n".join(rows)
    assert "| parameters | 37,920 |" in text and "update of 64 completions" in text
    assert float(next(row for row in rows if "rollouts/s" in row).split("|")[2]) > 0
