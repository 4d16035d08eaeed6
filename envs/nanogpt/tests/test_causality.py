"""Every planted leak is caught, in float32 and in bfloat16, and honest changes pass bit for bit."""
import copy
import json
import random
from dataclasses import replace

import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F
import train
from budget import Budget
from causality import CausalityViolation, Finding, judge, one_token_loss, probes
from conftest import ALONE
from data import Batches, first_tokens
from evaluate import Evaluation
from tracking import Tracking
from variants import CPU_SMOKE

SIZE, LENGTH = train.Size(layers=2, heads=2, width=32, rows=4), 32


@pytest.fixture(params=[torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def dtype(request):
    return request.param


def evaluation_of(shards, tmp_path, monkeypatch, dtype=torch.float32):
    monkeypatch.setenv("DATA", str(shards))
    variant = replace(CPU_SMOKE, length=LENGTH, validation_tokens=4 * 8 * LENGTH, validation_rows=8, probed_batches=2, dtype=dtype)
    budget = Budget(10, 1000, ALONE)
    batches = Batches(variant.train_glob, 4, LENGTH, 4 * LENGTH, 256, ALONE, budget)
    tracking = Tracking("test", {}, environment={"PROVING_GROUND_METRICS": str(tmp_path / "metrics.jsonl")})
    return Evaluation(variant, ALONE, budget, batches, tracking)


def model_of(seed=0):
    torch.manual_seed(seed)
    return train.Model(SIZE, 256, LENGTH)


def trained(model, shards):
    """The model after 60 steps: what a layer can see, it has begun to use."""
    text = torch.from_numpy(first_tokens(str(shards / "*train*"), 60 * 8 * LENGTH + 1).astype("int64"))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for tokens, targets in zip(text[:-1].view(60, 8, LENGTH), text[1:].view(60, 8, LENGTH)):
        model(tokens, targets).backward()
        optimizer.step()
        optimizer.zero_grad()
    return model


def predictor(model, dtype):
    def predict(tokens):
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            return model(tokens)

    return predict


def attention_that_sees(mask):
    """Attention with another mask in the place of the causal one, in the second layer only."""
    def plant(model, monkeypatch):
        honest, calls = F.scaled_dot_product_attention, []

        def attend(q, k, v, is_causal):
            calls.append(is_causal)
            return honest(q, k, v, is_causal=True) if len(calls) % 2 else honest(q, k, v, attn_mask=mask)

        monkeypatch.setattr(train.F, "scaled_dot_product_attention", attend)

    return plant


class NormOverTheSequence(nn.Module):
    def forward(self, x):
        return x / x.square().mean(dim=(1, 2), keepdim=True).add(1e-6).sqrt()


class CentredOverTheBatch(nn.Module):
    def forward(self, x):
        return x - x.mean(dim=0, keepdim=True)


class LooksAhead(nn.Module):
    def __init__(self):
        super().__init__()
        self.taps = nn.Parameter(torch.tensor([0.1, 0.8, 0.1]))

    def forward(self, x):
        lines = x.transpose(1, 2).flatten(0, 1)[:, None]
        return F.conv1d(lines, self.taps.to(x.dtype)[None, None], padding=1).view(len(x), -1, x.shape[1]).transpose(1, 2)


def norm_replaced_by(module):
    return lambda model, monkeypatch: setattr(model.layers[1], "mlp_norm", module())


LEAKS = {
    "attention without a mask": (attention_that_sees(None), "later"),
    "a mask that is off by one": (attention_that_sees(torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril(1)), "later"),
    "a normalisation over the sequence": (norm_replaced_by(NormOverTheSequence), "later"),
    "a statistic over the batch": (norm_replaced_by(CentredOverTheBatch), "others"),
    "a convolution that looks ahead": (norm_replaced_by(LooksAhead), "later"),
}
CHANGED = {"later": "only later tokens changed", "others": "only other sequences of the batch changed"}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_caught_and_no_result_is_written(shards, tmp_path, monkeypatch, dtype, leak):
    plant, kind = LEAKS[leak]
    evaluation, model = evaluation_of(shards, tmp_path, monkeypatch, dtype), model_of()
    plant(model, monkeypatch)
    trained(model, shards)
    with pytest.raises(CausalityViolation, match=CHANGED[kind] + r", and at position \d+ of sequence \d+ a logit moved by"):
        evaluation.report(0, None, predictor(model, dtype))
    assert not (tmp_path / "metrics.jsonl").exists()


def swiglu(monkeypatch):
    monkeypatch.setattr(train, "MLP", "swiglu")
    return model_of()


def learned_skips(monkeypatch):
    monkeypatch.setattr(train, "SKIPS", True)
    model = model_of()
    nn.init.constant_(model.skips, 0.5)
    return model


def averaged_weights(monkeypatch):
    model = model_of()
    averaged = copy.deepcopy(model)
    torch._foreach_lerp_([p.data for p in averaged.parameters()], [p.data for p in model_of(seed=1).parameters()], 0.3)
    return averaged


@pytest.mark.parametrize("honest", [swiglu, learned_skips, averaged_weights])
def test_an_honest_change_passes_without_any_difference(shards, tmp_path, monkeypatch, dtype, honest):
    evaluation = evaluation_of(shards, tmp_path, monkeypatch, dtype)
    loss = evaluation.report(0, None, predictor(trained(honest(monkeypatch), shards), dtype))
    line = json.loads((tmp_path / "metrics.jsonl").read_text())
    assert line["val_loss"] == loss and line["causality_difference"] == 0


def test_a_leak_between_some_positions_only_is_caught_by_probing_often_enough(shards, tmp_path, monkeypatch):
    """A model that sees the next token at a quarter of the positions: a proof has 16 cuts, so it misses one in a hundred times."""
    evaluation, model = evaluation_of(shards, tmp_path, monkeypatch), model_of()

    def predict(tokens):
        x = model.embedding(tokens)
        return model.head(x + (torch.arange(LENGTH) % 4 == 0)[None, :, None] * x.roll(-1, 1))

    caught = 0
    for _ in range(5):
        try:
            evaluation.validation_loss(predict)
        except CausalityViolation:
            caught += 1
    assert caught >= 3


def test_a_model_that_keeps_something_from_pass_to_pass_is_caught(shards, tmp_path, monkeypatch):
    evaluation, model, passes = evaluation_of(shards, tmp_path, monkeypatch), model_of(), []

    def predict(tokens):
        passes.append(tokens)
        return model(tokens) * (1 + 0.01 * len(passes))

    with pytest.raises(CausalityViolation, match="nothing at all changed.*keep something from pass to pass"):
        evaluation.validation_loss(predict)


def test_probes_leave_what_they_compare_and_change_all_else():
    source = random.Random(0)
    tokens, donors = torch.randint(50, (6, 16)), torch.randint(50, (6, 16))
    for _ in range(20):
        repeat, later, others = probes(tokens, donors, 50, source)
        assert torch.equal(repeat.tokens, tokens) and repeat.kept.all()
        assert torch.equal(later.tokens[later.kept], tokens[later.kept])
        ends = later.kept.sum(1)
        assert ((ends >= 1) & (ends < 16)).all()
        assert (later.tokens[range(6), ends] != tokens[range(6), ends]).all()  # the very next token always differs
        stays = others.kept.all(1)
        assert stays.sum() == 3 and not others.kept[~stays].any()
        assert torch.equal(others.tokens[stays], tokens[stays]) and (others.tokens[~stays] != tokens[~stays]).any(1).all()


def test_what_a_repeated_pass_shows_is_allowed_twice_to_the_others_but_not_without_limit():
    def findings(noise, later):
        return [Finding("repeat", noise, 0, 0, 0.0, 0.0), Finding("later", later, 3, 7, 0.0, 0.0)]

    assert judge(findings(0.0, 9e-5), torch.float32) == 9e-5
    assert judge(findings(5e-5, 1.9e-4), torch.float32) == 1.9e-4
    with pytest.raises(CausalityViolation, match="position 7 of sequence 3 a logit moved by 0.00021"):
        judge(findings(5e-5, 2.1e-4), torch.float32)
    with pytest.raises(CausalityViolation, match="nothing at all"):
        judge(findings(2e-4, 2e-4), torch.float32)
    assert judge([Finding("later", 0.007, 0, 0, 0.0, 0.0)], torch.bfloat16) == 0.007


@pytest.mark.parametrize("shift, near, words", [(0.003, 0.0, r"by \+0.003 nats on average"),
                                                (0.0, 0.005, r"by \+0.005 next to the change")])
def test_a_leak_that_moves_the_loss_is_caught_however_little_each_logit_moves(shift, near, words):
    with pytest.raises(CausalityViolation, match=words):
        judge([Finding("later", 0.005, 0, 0, shift, near)], torch.bfloat16)


def test_logits_that_are_no_numbers_are_no_proof():
    with pytest.raises(CausalityViolation):
        judge([Finding("later", float("nan"), 0, 0, 0.0, 0.0)], torch.float32)


def test_one_token_decoding_agrees_for_an_honest_model_and_not_for_a_leak(shards):
    model, tokens = model_of(), torch.randint(256, (4, LENGTH + 1))

    def both(predict):
        with torch.no_grad():
            parallel = F.cross_entropy(predict(tokens[:, :-1])[..., :256].flatten(0, 1), tokens[:, 1:].flatten()).item()
        return parallel, one_token_loss(predict, tokens[:, :-1], tokens[:, 1:], 256)

    parallel, slow = both(model)
    assert parallel == pytest.approx(slow, abs=1e-5)
    model.layers[1].mlp_norm = LooksAhead()
    trained(model, shards)
    parallel, slow = both(model)
    assert abs(parallel - slow) > 1e-4
