"""The evaluation asks the same problems in the same way, counts right answers, writes them itself, and stops when the budget is over."""
import json
from dataclasses import replace

import pytest
import variant
from budget import Budget
from data import prompt
from evaluate import Evaluation
from grade import Grader
from rollout import Completion
from tracking import Tracking

V = replace(variant.of_environment(), problems=4, every=2, evaluations=4)


class Answers:
    """Stands in for the engine: writes the texts it is given, takes `seconds` of the clock, keeps what it was asked."""

    name = "answers"

    def __init__(self, texts, clock, seconds=0.0):
        self.texts, self.clock, self.seconds, self.asked = texts, clock, seconds, []

    def generate(self, model, prompts, **settings):
        self.asked.append((model, prompts, settings))
        self.clock.now += self.seconds
        return [[Completion([1], [1, 2, 3], text, text.endswith("</answer>"))] for text in self.texts]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture()
def made(tmp_path):
    """An evaluation of four problems with answers 1 to 4, its clock, engine and metrics file."""
    clock = Clock()
    (tmp_path / "test.jsonl").write_text("".join(json.dumps({"problem": f"{n}?", "answer": str(n)}) + "\n" for n in range(1, 6)))
    texts = ["<answer>1</answer>", "<answer>2.0</answer>", "<answer>9</answer>", "the answer is 4"]
    engine = Answers(texts, clock, seconds=1000.0)
    budget, metrics = Budget(100.0, clock), tmp_path / "metrics.jsonl"
    with Grader(workers=1) as grader:
        tracking = Tracking("grpo", {}, environment={"PROVING_GROUND_METRICS": str(metrics)})
        yield Evaluation(replace(V, data=tmp_path), budget, engine, grader, tracking), clock, engine, metrics


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_accuracy_is_the_share_of_right_answers_and_costs_nothing(made):
    evaluation, clock, engine, metrics = made
    clock.now = 7.0
    assert evaluation.report(3, "the model") == 0.5
    assert evaluation.budget.spent() == 7.0
    line = lines(metrics)[0]
    assert (line["step"], line["seconds"], line["val_accuracy"], line["val_tagged"], line["val_problems"]) == (3, 7.0, 0.5, 0.75, 4)


def test_the_first_problems_are_asked_in_the_fixed_prompt_whatever_training_does(made):
    evaluation, _, engine, _ = made
    evaluation.report(0, "the model")
    model, prompts, settings = engine.asked[0]
    assert model == "the model" and prompts == [prompt(f"{n}?") for n in range(1, 5)]
    assert settings == {"samples": 1, "new_tokens": V.new_tokens, "temperature": 1.0, "top_p": 1.0, "seed": 20_260_114}


def test_what_is_reached_after_the_budget_is_not_evaluated(made, capsys):
    evaluation, clock, engine, metrics = made
    clock.now = 101.0
    assert evaluation.report(5, "the model") is None
    evaluation.final(5, "the model")
    assert engine.asked == [] and lines(metrics) == []
    assert "not evaluated, the budget is spent" in capsys.readouterr().out


def test_evaluations_come_at_every_second_step_and_the_last_one_allowed_is_kept_for_the_end(made):
    evaluation, _, engine, metrics = made
    for step in range(9):
        if evaluation.due(step):
            evaluation.report(step, "the model")
    assert [line["step"] for line in lines(metrics)] == [0, 2, 4]
    evaluation.final(8, "the model")
    evaluation.report(9, "the model")
    assert [line["step"] for line in lines(metrics)] == [0, 2, 4, 8]


def test_the_last_step_is_not_evaluated_twice_and_the_best_is_the_result(made, capsys):
    evaluation, _, engine, metrics = made
    evaluation.report(2, "the model")
    engine.texts = [""] * 4
    evaluation.report(4, "the model")
    evaluation.final(4, "the model")
    assert [line["val_accuracy"] for line in lines(metrics)] == [0.5, 0.0]
    assert "final val_accuracy 0.5000, the best of 2 evaluations on 4 problems" in capsys.readouterr().out


def test_a_resumed_run_knows_of_the_evaluations_before(made):
    evaluation, _, _, _ = made
    evaluation.report(2, "the model")
    evaluation.done = 0
    evaluation.resume({"done": 3, "best": 0.75, "last_step": 2})
    assert evaluation.state() == {"done": 3, "best": 0.75, "last_step": 2} and not evaluation.due(4)


def test_too_few_test_problems_are_refused(made, tmp_path):
    evaluation, *_ = made
    with pytest.raises(ValueError, match="has 5 problems, the evaluation asks 6: prepare it again"):
        Evaluation(replace(V, data=tmp_path, problems=6), evaluation.budget, None, None, None)
