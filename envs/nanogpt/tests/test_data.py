"""Damaged shards are named for what they are; every process gets its own part of the same stretch, and only while the clock runs."""
import glob

import numpy as np
import pytest
import torch
from budget import Budget, BudgetSpent
from conftest import ALONE
from data import HEADER_BYTES, Batches, ShardError, find_shards, first_tokens, header, open_shard
from prepare import write_shard
from ranks import Ranks


@pytest.fixture
def running(clock):
    budget = Budget(1000, 1000, ALONE, clock=clock, wall=clock)
    budget.another_step()
    return budget


def shard(path, tokens, **changes):
    """A shard at `path` with the given words of its header changed and bytes put in place of its tokens."""
    words = np.frombuffer(header(len(tokens)), "<i4").copy()
    for place, name in enumerate(("magic", "version", "count")):
        words[place] = changes.get(name, words[place])
    path.write_bytes(words.tobytes() + changes.get("body", np.array(tokens, "<u2").tobytes()))
    return path


def test_a_shard_is_read_back_as_it_was_written(tmp_path):
    tokens = np.random.default_rng(0).integers(0, 2**16, 1000)
    write_shard(tmp_path / "a.bin", tokens)
    assert (tmp_path / "a.bin").stat().st_size == 1024 + 2 * 1000
    assert np.array_equal(open_shard(tmp_path / "a.bin"), tokens)


@pytest.mark.parametrize("changes, words", [
    ({"magic": 20240801}, "begins with 20240801, not with the magic number 20240520"),
    ({"version": 2}, "version 2 of the format, only version 1"),
    ({"count": 11}, "says 11 tokens, but only 10 are there: it was cut off"),
    ({"body": b"\0" * 5}, "says 10 tokens, but only 2 are there: it was cut off"),
    ({"body": np.arange(10, dtype="<u4").tobytes()}, "holds 10 tokens in 4 bytes each: write them as uint16"),
    ({"count": 9}, "20 bytes follow the header: its tokens are no uint16")])
def test_a_shard_that_is_damaged_or_of_another_format_is_refused_with_what_is_wrong(tmp_path, changes, words):
    with pytest.raises(ShardError, match=words):
        open_shard(shard(tmp_path / "a.bin", range(10), **changes))


def test_a_file_shorter_than_a_header_is_refused(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"\0" * (HEADER_BYTES - 1))
    with pytest.raises(ShardError, match="1023 bytes, fewer than the 1024"):
        open_shard(tmp_path / "a.bin")


def test_a_pattern_that_matches_nothing_says_how_to_make_shards(tmp_path):
    with pytest.raises(ShardError, match="python prepare.py"):
        find_shards(str(tmp_path / "*.bin"))


def test_the_first_tokens_go_on_from_shard_to_shard_and_too_few_are_refused(tmp_path):
    shard(tmp_path / "a_val_0.bin", range(10)), shard(tmp_path / "a_val_1.bin", range(10, 20))
    assert first_tokens(str(tmp_path / "*_val_*.bin"), 15).tolist() == list(range(15))
    with pytest.raises(ShardError, match="hold 20 tokens, the evaluation needs 21"):
        first_tokens(str(tmp_path / "*_val_*.bin"), 21)


def process(rank, world):
    return Ranks(rank, world, ALONE.device)


def tokens_of_steps(folder, rows, world, steps, budget):
    """The inputs of the first steps, put together over all processes and parts, per step."""
    processes = [Batches(str(folder / "*.bin"), rows, 4, 32, 1000, process(rank, world), budget) for rank in range(world)]
    found = []
    for _ in range(steps):
        parts = [batches.next()[0] for _ in range(processes[0].accumulation) for batches in processes]
        found.append(torch.cat([part.flatten() for part in parts]).tolist())
    return found


@pytest.mark.parametrize("rows, world", [(8, 1), (2, 1), (1, 4), (2, 4), (4, 2)])
def test_any_number_of_processes_gets_the_same_tokens_in_a_step_each_once(tmp_path, running, rows, world):
    shard(tmp_path / "a.bin", range(100)), shard(tmp_path / "b.bin", range(200, 270))
    # 100 tokens hold three stretches of 32 with a token to follow, 70 hold two; then it begins again
    begins = [0, 32, 64, 200, 232, 0]
    assert tokens_of_steps(tmp_path, rows, world, 6, running) == [list(range(begin, begin + 32)) for begin in begins]


def test_targets_are_the_tokens_that_follow(tmp_path, running):
    shard(tmp_path / "a.bin", range(100))
    tokens, targets = Batches(str(tmp_path / "a.bin"), 2, 8, 16, 1000, ALONE, running).next()
    assert tokens.dtype == targets.dtype == torch.int64 and tokens.shape == targets.shape == (2, 8)
    assert torch.equal(targets, tokens + 1)


def test_a_position_that_was_saved_is_gone_on_from(tmp_path, running):
    shard(tmp_path / "a.bin", range(100)), shard(tmp_path / "b.bin", range(200, 270))
    first, second = (Batches(str(tmp_path / "*.bin"), 2, 8, 32, 1000, ALONE, running) for _ in range(2))
    for _ in range(7):
        if first.part == 0:
            state = first.state_dict()
        first.next()
    with pytest.raises(RuntimeError, match="after 1 of 2 parts"):
        first.state_dict()
    second.load_state_dict(state)
    assert second.handed == 96
    second.next()
    assert torch.equal(first.next()[0], second.next()[0])


def test_a_position_in_a_shard_that_is_gone_is_refused(tmp_path, running):
    shard(tmp_path / "a.bin", range(100))
    batches = Batches(str(tmp_path / "*.bin"), 2, 8, 32, 1000, ALONE, running)
    with pytest.raises(ShardError, match="saved position is in b.bin"):
        batches.load_state_dict({"shard": 0, "offset": 0, "handed": 0, "name": "b.bin"})


def test_a_number_of_processes_that_does_not_share_a_step_evenly_is_refused(tmp_path, running):
    shard(tmp_path / "a.bin", range(100))
    with pytest.raises(ValueError, match="cannot be shared by 3 processes"):
        Batches(str(tmp_path / "a.bin"), 1, 8, 32, 1000, process(0, 3), running)


def test_shards_too_small_for_a_step_are_passed_over_and_refused_if_there_are_no_others(tmp_path, running):
    shard(tmp_path / "a.bin", range(32)), shard(tmp_path / "b.bin", range(33))
    assert [path[-5:] for path in Batches(str(tmp_path / "*.bin"), 2, 8, 32, 1000, ALONE, running).paths] == ["b.bin"]
    with pytest.raises(ShardError, match="33 tokens that a step needs"):
        Batches(str(tmp_path / "a.bin"), 2, 8, 32, 1000, ALONE, running)


def test_tokens_of_another_vocabulary_are_refused(tmp_path, running):
    shard(tmp_path / "a.bin", range(100))
    batches = Batches(str(tmp_path / "a.bin"), 2, 8, 16, 20, ALONE, running)
    batches.next()
    with pytest.raises(ShardError, match="token 32, the vocabulary ends at 19"):
        batches.next()


def test_batches_are_handed_out_only_while_the_clock_runs(shards, clock):
    budget = Budget(10, 1000, ALONE, clock=clock, wall=clock)
    batches = Batches(glob.glob(str(shards / "*train*"))[0], 2, 8, 16, 256, ALONE, budget)
    with pytest.raises(BudgetSpent, match="only while the training clock runs"):
        batches.next()
    budget.another_step()
    batches.next()
    with budget.outside(), pytest.raises(BudgetSpent, match="only while"):
        batches.next()
    clock.now += 10.2
    with pytest.raises(BudgetSpent, match="of 10 s is spent"):
        batches.next()
