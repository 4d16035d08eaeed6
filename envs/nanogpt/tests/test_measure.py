"""The script for accelerators runs, on what is there, and its formula gives what can be worked out by hand."""
import re
from dataclasses import replace

import measure
import pytest
import train
import variants


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    variant = replace(variants.CPU_SMOKE, length=16, validation_tokens=512, validation_rows=8, probed_batches=2)
    monkeypatch.setattr(variants, "current", lambda: variant)
    monkeypatch.setitem(train.SIZES, "cpu-smoke", train.Size(layers=1, heads=1, width=8, rows=4, shrink=4096))


def test_the_table_of_speeds_compares_train_with_the_straight_step(capsys):
    measure.main(["speed", "--seconds", "0.2"])
    shown = capsys.readouterr().out
    straight, trained = (float(re.search(rf"\| {name}, eager \| ([\d,]+) \|", shown)[1].replace(",", ""))
                         for name in ("straight", "train.py"))
    assert straight > 100 and trained > 100
    assert re.search(rf"\| train.py, eager \| [\d,]+ \| {trained / straight:.2f} \| - \| - \|", shown)


def test_the_table_of_the_proof_shows_its_cost_beside_one_token_decoding(capsys):
    measure.main(["causality", "--sequences", "8"])
    shown = capsys.readouterr().out
    costs = [float(cost) for cost in re.findall(r"\| ([\d.]+) \|$", shown, re.MULTILINE)]
    assert len(costs) == 3 and costs[0] == 1
    parallel, slow = map(float, re.search(r"sequences: ([\d.]+) in parallel, ([\d.]+) token by token", shown).groups())
    assert parallel == pytest.approx(slow, abs=1e-5)


def test_the_operations_of_a_token_of_gpt_2_are_855_million():
    # 123.59 million weights in products: 38.6 in the embedding, 12 layers of 7.08; attention adds 113 million operations
    assert measure.flops_per_token(123_600_000, 12, 768, 1024) == pytest.approx(855e6, rel=0.005)
