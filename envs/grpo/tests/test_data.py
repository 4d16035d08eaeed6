"""Problems are read as MATH writes them, a bad file says what to do, and the order of training can be taken up anywhere."""
import json

import pytest
from data import DataError, Problem, Problems, boxed_answer, completion_text, prompt, read_problems


def write(path, *rows):
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("solution, answer", [
    (r"So $x = \boxed{4}$.", "4"), (r"$\boxed{\frac{1}{2}}$", r"\frac{1}{2}"), (r"$\boxed{\left\{1,2\right\}}$", r"\left\{1,2\right\}"),
    (r"First $\boxed{1}$, then $\boxed{2}$", "2"), (r"$\boxed 7$.", "7"), (r"\boxed{ x }", "x"), (r"$\fbox{6}$", "6"),
    (r"$\boxed{1$", None), ("no box", None), (r"$\boxed$", None),
])
def test_the_answer_is_what_the_last_box_holds(solution, answer):
    assert boxed_answer(solution) == answer


def test_problems_have_their_own_answer_or_the_boxed_one(tmp_path):
    own, boxed = {"problem": "1+1?", "answer": "2", "solution": r"\boxed{3}"}, {"problem": "2+2?", "solution": r"\boxed{4}"}
    assert read_problems(write(tmp_path / "p.jsonl", own, "", boxed)) == [Problem("1+1?", "2"), Problem("2+2?", "4")]


@pytest.mark.parametrize("lines, words", [
    (["{"], "line 1: not JSON"), ([{"problem": "1?", "answer": "1"}, [1]], "line 2: has no text under `problem`"),
    ([{"answer": "1"}], "line 1: has no text"), ([{"problem": "1?"}], "line 1: has neither"),
    ([{"problem": "1?", "solution": "none"}], "line 1: has neither"), ([{"problem": "1?", "answer": " "}], "has neither"), ([], "is empty"),
])
def test_a_malformed_file_names_its_line_and_says_how_to_prepare_it(tmp_path, lines, words):
    with pytest.raises(DataError, match=words) as raised:
        read_problems(write(tmp_path / "p.jsonl", *lines))
    assert "python prepare.py data" in str(raised.value)


def test_a_missing_file_says_how_to_prepare_it(tmp_path):
    with pytest.raises(DataError, match="is not there: run `python prepare.py data`"):
        read_problems(tmp_path / "p.jsonl")


def test_the_prompt_ends_where_the_thoughts_begin_and_braces_are_left_alone():
    text = prompt(r"What is $\frac{1}{2}$ of {problem}?")
    assert text.endswith("\nUser: What is $\\frac{1}{2}$ of {problem}?\nAssistant: <think>")


def test_nothing_after_the_first_closing_tag_is_kept():
    assert completion_text("a <answer>1</answer> b </answer>") == "a <answer>1</answer>"
    assert completion_text("a <answer>1") == "a <answer>1"


def test_every_problem_comes_once_a_turn_in_an_order_of_its_own():
    problems = Problems([Problem(str(number), "") for number in range(10)], seed=3)
    turns = [[problem.question for problem in problems.next(10)] for _ in range(3)]
    assert all(sorted(turn) == sorted(turns[0]) and len(set(turn)) == 10 for turn in turns)
    assert turns[0] != turns[1] != turns[2]


def test_the_order_depends_on_the_seed_and_is_taken_up_at_any_position():
    rows = [Problem(str(number), "") for number in range(10)]
    first, other, resumed = Problems(rows, 0), Problems(rows, 1), Problems(rows, 0)
    sequence = first.next(7) + first.next(8)  # over the end of a turn
    assert other.next(15) != sequence
    resumed.position = 7
    assert resumed.next(8) == sequence[7:]
