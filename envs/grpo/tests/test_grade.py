"""An answer is right when it is tagged and math-verify finds it equal, and nothing a model writes can hang or end a run."""
import sys

import pytest
from grade import LONGEST, Grader, answer_of, expression


@pytest.fixture(scope="module")
def grader():
    with Grader(workers=1) as grader:
        yield grader


def right(grader, reference: str, answer: str) -> bool:
    return grader.grade([reference], [f" thoughts </think> <answer> {answer} </answer>"])[0]


@pytest.mark.parametrize("reference, answer", [
    (r"\frac{1}{2}", "1/2"), (r"\frac{1}{2}", "0.5"), (r"\frac12", r"\dfrac{1}{2}"), (r"-\frac{3}{4}", r"\frac{-3}{4}"),
    ("(x+1)^2", "x^2 + 2x + 1"), (r"2\sqrt{3}", r"\sqrt{12}"), ("1000", "1,000"), ("7", "7.0"), ("-4", "- 4"),
    ("[1,2)", "[1, 2)"), (r"(-\infty, 3]", r"(-\infty,3]"), ("(1,2)", r"\left(1, 2\right)"), (r"\{1,2\}", r"\{2, 1\}"),
    (r"5\text{ cm}", "5"), ("5", r"5\text{ cm}"), (r"30^\circ", "30"), (r"\$5", "5"), (r"50\%", "50"),
    ("4", "x = 4"), ("4", "$4$"), ("4", r"\boxed{4}"), ("4", r"The result is \boxed{4}."), ("4", r"\(4\)"), ("4", "4."),
    (r"\text{Monday}", "Monday"), (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
])
def test_equal_forms_are_right(grader, reference, answer):
    assert right(grader, reference, answer)


@pytest.mark.parametrize("reference, answer", [
    ("4", "5"), (r"\frac{1}{2}", "2"), ("[1,2)", "[1,2]"), ("[1,2)", "(1,2)"), ("x+1", "x-1"), (r"\sqrt{2}", "1.5"), ("12", "1 2"),
    ("4", "3 or 4"), ("4", "$3$ or $4$"), ("4", "3, 4"), ("4", r"\boxed{3} \boxed{4}"), ("4", r"\(3\) and \(4\)"), ("4", "4 4"),
    ("4", ""), ("4", "}}{{"), ("4", r"\frac{"), ("4", r"\begin{pmatrix}"), ("4", "?"), ("4", "\x00\n\u202e"), ("4", "4" * (LONGEST + 1)),
])
def test_wrong_answers_two_answers_and_nonsense_are_wrong(grader, reference, answer):
    assert not right(grader, reference, answer)


@pytest.mark.parametrize("completion, answer", [
    ("so </think> <answer>4</answer>", "4"), ("<answer> 4 </answer> <answer>5</answer>", "4"), ("<answer>3 <answer>4</answer>", "4"),
    ("the answer is 4", None), ("<answer>4", None), ("4</answer>", None), ("<answer></answer>", None),
    ("</answer><answer>4</answer>", None), ("", None),
])
def test_only_what_stands_in_the_tags_counts_up_to_the_first_closing_one(completion, answer):
    assert answer_of(completion) == answer


def test_an_answer_in_tags_that_are_missing_is_wrong_even_when_it_is_right(grader):
    assert grader.grade(["4", "4"], ["The answer is 4.", "<answer>4"]) == [False, False]


@pytest.mark.parametrize("answer, one", [("$3$ or $4$", "3  or  4"), (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"), (r"\$5", r"\$5"),
                                         (r"x = \(4\).", "x =  4"), (r"\[ 1 \\[2pt] 2 \]", r"1 \\[2pt] 2")])
def test_an_answer_is_read_as_one_expression(answer, one):
    assert expression(answer) == one


def test_an_answer_that_takes_for_ever_is_wrong_and_the_next_is_graded():
    with Grader(workers=1, seconds=1.0) as grader:
        answers = ["9^{9^{9^{9}}}", r"\frac{1}{2}"]
        assert grader.grade([r"\frac{1}{2}"] * 2, [f"<answer>{answer}</answer>" for answer in answers]) == [False, True]
        assert grader.timeouts == 1


def test_the_alarm_of_math_verify_comes_before_the_worker_is_killed():
    with Grader(workers=1) as grader:
        assert grader.grade(["1/2"], ["<answer>9^{9^{9^{9}}}</answer>"]) == [False]
        assert grader.timeouts == 0


def test_whole_numbers_are_compared_as_math_verify_compares_them(grader):
    from grade import equal

    for reference, answer in (("12", "12"), ("12", "+12"), ("12", "012"), ("-3", "-3"), ("3", "-3"), ("0", "-0"), ("12", "21")):
        assert right(grader, reference, answer) == equal(reference, answer)


def test_the_same_question_is_asked_once(grader):
    pairs = [r"\frac{1}{3}"] * 50, ["<answer>2/6</answer>"] * 50
    assert grader.grade(*pairs) == [True] * 50
    assert grader.known[(r"\frac{1}{3}", "2/6")] is True


def test_lists_of_different_length_are_refused(grader):
    with pytest.raises(ValueError, match="2 references for 1 completions"):
        grader.grade(["1", "2"], ["<answer>1</answer>"])


def test_a_grading_process_that_cannot_start_says_what_to_try(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Grader(workers=1) as grader, pytest.raises(RuntimeError, match="import math_verify"):
        grader.grade(["x"], ["<answer>y</answer>"])
