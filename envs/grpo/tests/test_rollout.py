"""Rollouts stop at the closing tag, are not changed by padding or batching, and leave the policy and its random numbers alone."""
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
import variant
from rollout import TransformersRollouts, VllmRollouts, open_rollouts

V = variant.of_environment()
PROMPTS = ["What is $3 + 4$?", "Some longer text before it. What is $1 - 9$?", "?"]
GREEDY = {"samples": 1, "new_tokens": 24, "temperature": 0.0, "top_p": 1.0, "seed": 0}
SAMPLED = GREEDY | {"samples": 3, "temperature": 1.0}


class Writer(torch.nn.Module):
    """A model that writes given token ids, a row's own ones after a prompt that ends in its first id, whatever its batch looks like."""

    def __init__(self, model, scripts: dict[int, list[int]]):
        super().__init__()
        self.real, self.scripts, self.calls = model, scripts, 0
        self.config, self.device = model.config, model.device

    def generate(self, input_ids, **options):
        forward = self.real.forward

        def scripted(input_ids, **inputs):
            output = forward(input_ids=input_ids, **inputs)
            if self.calls == 0:
                self.rows = [self.scripts[last] for last in input_ids[:, -1].tolist()]
            output.logits[:, -1] = -1e9
            for row, script in enumerate(self.rows):
                output.logits[row, -1, script[self.calls % len(script)]] = 0.0
            self.calls += 1
            return output

        self.real.forward = scripted
        try:
            return self.real.generate(input_ids=input_ids, **options)
        finally:
            self.real.forward = forward


def test_each_completion_ends_with_the_token_that_completes_the_tag_with_the_end_of_text_or_at_the_limit(model, tokenizer):
    ids = lambda text: tokenizer(text)["input_ids"]  # noqa: E731
    letter = {name: ids(name)[0] for name in "xyz"}
    spelled = [token for character in " <answer>7</answer>" for token in ids(character)]  # the tag in single characters
    rest = ids(" 9")
    writer = Writer(model, {letter["x"]: spelled + rest, letter["y"]: [*ids("4"), tokenizer.eos_token_id, *rest], letter["z"]: ids("5")})
    made = TransformersRollouts(tokenizer, at_once=8).generate(writer, ["aaaa x", "y", "bb z"], **GREEDY)
    x, y, z = (group[0] for group in made)
    assert x.token_ids == spelled and x.text == " <answer>7</answer>" and x.finished
    assert y.token_ids == [*ids("4"), tokenizer.eos_token_id] and y.text == "4" and y.finished
    assert z.token_ids == ids("5") * 24 and not z.finished
    assert x.prompt_ids == ids("aaaa x")


def test_a_trained_model_stops_at_its_answer(model, tokenizer):
    from data import prompt

    groups = TransformersRollouts(tokenizer, at_once=8).generate(model, [prompt("What is $3 + 4$?")] * 2, **SAMPLED)
    assert [len(group) for group in groups] == [3, 3]
    answered = [completion for group in groups for completion in group if "</answer>" in completion.text]
    assert len(answered) >= 4
    for completion in answered:
        assert completion.finished and completion.text.endswith("</answer>") and tokenizer.decode(completion.token_ids) == completion.text


def test_padding_and_batching_change_nothing(model, tokenizer):
    together = TransformersRollouts(tokenizer, at_once=8).generate(model, PROMPTS, **GREEDY)
    alone = TransformersRollouts(tokenizer, at_once=1).generate(model, PROMPTS, **GREEDY)
    assert together == alone


def test_a_seed_repeats_and_the_random_numbers_outside_go_on_undisturbed(model, tokenizer):
    rollouts = TransformersRollouts(tokenizer, at_once=4)
    torch.manual_seed(5)
    first = rollouts.generate(model, PROMPTS, **SAMPLED)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    assert torch.rand(1) == drawn
    assert rollouts.generate(model, PROMPTS, **SAMPLED) == first
    assert rollouts.generate(model, PROMPTS, **SAMPLED | {"seed": 1}) != first


def test_the_policy_goes_on_training_as_before(model, tokenizer):
    model.train()
    model.config.use_cache = False
    TransformersRollouts(tokenizer, at_once=4).generate(model, PROMPTS, **GREEDY)
    assert model.training and model.config.use_cache is False


def test_an_unknown_engine_is_refused(setup_folder):
    with pytest.raises(ValueError, match="must be vllm or transformers"):
        open_rollouts(replace(V, model=setup_folder / "tiny" / "model"), "sglang")


def test_nothing_cuts_off_the_rare_tokens(model, tokenizer):
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()  # every token is as likely as any other
    made = TransformersRollouts(tokenizer, at_once=64).generate(model, ["?"], **SAMPLED | {"samples": 64})
    assert len({token for completion in made[0] for token in completion.token_ids}) > 0.9 * model.config.vocab_size


@pytest.fixture()
def vllm(monkeypatch):
    """Stands in for vLLM, which needs a GPU: records what it is asked, in order, and answers with the ids it is told."""
    calls = []

    class LLM:
        def __init__(self, **settings):
            calls.append(("LLM", settings))

        def generate(self, prompts, sampling, use_tqdm):
            calls.append(("generate", [row["prompt_token_ids"] for row in prompts], sampling))
            return [SimpleNamespace(outputs=[SimpleNamespace(token_ids=tuple(LLM.answer), finish_reason="stop"),
                                             SimpleNamespace(token_ids=tuple(LLM.answer[:1]), finish_reason="length")]) for _ in prompts]

        def __getattr__(self, name):
            return lambda *args, **options: calls.append((name, *args, options))

    monkeypatch.setitem(sys.modules, "vllm", SimpleNamespace(LLM=LLM, SamplingParams=lambda **settings: settings))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.random, "fork_rng", lambda devices: torch.autograd.grad_mode.no_grad())
    return SimpleNamespace(calls=calls, LLM=LLM)


def test_vllm_is_given_the_policys_weights_between_waking_for_them_and_for_its_cache_and_sleeps_again(vllm, model, tokenizer):
    vllm.LLM.answer = tokenizer("<answer>7</answer>")["input_ids"]
    rollouts = VllmRollouts(replace(V, gpu_share=0.4), tokenizer)
    made = rollouts.generate(model, ["one", "two"], samples=2, new_tokens=24, temperature=0.7, top_p=0.9, seed=1)
    names = [call[0] for call in vllm.calls]
    assert names == ["LLM", "sleep", "wake_up", "collective_rpc", "wake_up", "reset_prefix_cache", "generate", "sleep"]
    assert vllm.calls[0][1]["enable_sleep_mode"] and vllm.calls[0][1]["gpu_memory_utilization"] == 0.4
    assert [call[1] for call in vllm.calls if call[0] == "wake_up"] == [{"tags": ["weights"]}, {"tags": ["kv_cache"]}]
    method, options = vllm.calls[3][1:]
    given = [name for name, _ in options["kwargs"]["weights_iterator"]]
    assert method == "reload_weights" and given == [name for name, _ in model.named_parameters()]
    prompts, sampling = vllm.calls[6][1:]
    assert prompts == [tokenizer("one")["input_ids"], tokenizer("two")["input_ids"]]
    wanted = {"n": 2, "temperature": 0.7, "top_p": 0.9, "max_tokens": 24, "stop": ["</answer>"], "include_stop_str_in_output": True}
    assert wanted.items() <= sampling.items()
    assert [completion.finished for completion in made[0]] == [True, False]
    assert made[1][0].text == "<answer>7</answer>" and made[1][0].token_ids == vllm.LLM.answer
