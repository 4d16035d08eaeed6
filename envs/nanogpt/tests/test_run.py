"""Whole runs: as a user or the engine starts one, with two processes, and with a model that looks ahead."""
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
import train
from causality import CausalityViolation
from conftest import ENVIRONMENT
from evaluate import EvaluationRefused


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_run_trains_within_its_budget_and_ends_with_its_result(shards, tmp_path):
    for path in ENVIRONMENT.glob("*.py"):
        shutil.copy(path, tmp_path)
    surroundings = {**os.environ, "SMOKE": "1", "DATA": str(shards), "SEED": "3", "PROVING_GROUND_METRICS": str(tmp_path / "named.jsonl")}
    process = subprocess.run([sys.executable, "train.py"], cwd=tmp_path, env=surroundings, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    written = lines(tmp_path / "named.jsonl")
    results = [line for line in written if "val_loss" in line]
    assert results[0]["step"] == 0 and results[-1] == written[-1]
    assert 0.5 < results[-1]["seconds"] <= 1.01
    assert results[-1]["val_loss"] < results[0]["val_loss"]
    assert results[-1]["causality_difference"] == 0
    assert results[-1]["tokens"] == 256 * results[-1]["step"]
    assert process.stdout.splitlines()[-1].startswith(f"final val_loss {results[-1]['val_loss']:.6f} nats per token")
    assert not (tmp_path / "checkpoint.pt").exists()


@pytest.mark.parametrize("name, words", [("2gpu", "VARIANT=2gpu is unknown: use one of 1gpu, 8gpu, cpu-smoke, large"),
                                         pytest.param("1gpu", "VARIANT=cpu-smoke, which needs none",
                                                      marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU"))])
def test_a_variant_that_cannot_run_here_says_what_can(monkeypatch, name, words):
    monkeypatch.setenv("VARIANT", name)
    with pytest.raises(SystemExit, match=words):
        train.main()


def test_two_processes_train_as_one_and_stop_at_the_same_step(trainer, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "SCHEDULE", "constant")
    monkeypatch.setattr(train, "BATCH_TOKENS", 524_288)  # two parts for one process, one part for each of two
    alone = trainer("alone")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def process(rank):
        os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
        trainer("together")

    processes = [multiprocessing.get_context("fork").Process(target=process, args=(rank,)) for rank in range(2)]
    for each in processes:
        each.start()
    for each in processes:
        each.join(60)
    assert [each.exitcode for each in processes] == [0, 0]
    together = lines(tmp_path / "together" / "metrics.jsonl")
    losses, expected = ({line["step"]: line["train_loss"] for line in found if "learning_rate" in line} for found in (together, alone))
    assert list(expected) == list(range(1, 13)) and list(losses) == list(range(1, 25))  # the clock counts rank 0's batches, half as many
    for step in expected:
        assert losses[step] == pytest.approx(expected[step], abs=1e-5)
    assert together[-1]["val_loss"] < together[0]["val_loss"] == pytest.approx(alone[0]["val_loss"], abs=1e-6)


def test_a_number_of_processes_that_does_not_divide_the_batch_is_refused(trainer, monkeypatch):
    monkeypatch.setattr(train.Ranks, "of_environment", classmethod(lambda cls, device: cls(0, 3, torch.device("cpu"))))
    with pytest.raises(ValueError, match="a step of 64 tokens cannot be shared by 3 processes"):
        trainer("three")


def test_a_model_that_looks_ahead_fails_its_run_before_any_result(trainer, tmp_path, monkeypatch):
    honest = F.scaled_dot_product_attention
    monkeypatch.setattr(train.F, "scaled_dot_product_attention", lambda q, k, v, is_causal: honest(q, k, v))
    with pytest.raises(CausalityViolation, match="only later tokens changed"):
        trainer("leak")
    assert lines(tmp_path / "leak" / "metrics.jsonl") == []


def test_a_training_that_diverges_ends_its_run(trainer, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "LEARNING_RATE", 1e30)
    monkeypatch.setattr(train, "WARMUP_STEPS", 0)
    with pytest.raises(EvaluationRefused, match="diverged"):
        trainer("diverged")
    assert [line["step"] for line in lines(tmp_path / "diverged" / "metrics.jsonl") if "val_loss" in line] == [0]
