"""Shards hold every document once and in order, however often the preparation is interrupted."""
import json
import os

import numpy as np
import prepare
import pytest
from data import open_shard
from prepare import synthetic_tokens, write_shard


class Interrupted(BaseException):
    """The process was killed."""


class Letters:
    """A tokenizer of one token a letter."""

    eot_token = 50256

    def encode_ordinary_batch(self, texts):
        return [[ord(letter) for letter in text] for text in texts]


class Stream:
    """Documents with a position that can be saved, as a streamed dataset has; killed at the document `killed_at`.

    Like those of `datasets` it goes to a position that was loaded when it is read from, and only then knows that it is there.
    """

    def __init__(self, texts, killed_at=None):
        self.texts, self.killed_at, self.position, self.loaded = texts, killed_at, 0, 0

    def __iter__(self):
        self.position = self.loaded
        while self.position < len(self.texts):
            if self.position == self.killed_at:
                raise Interrupted
            self.position += 1
            yield {"text": self.texts[self.position - 1]}

    def state_dict(self):
        return {"position": self.position}

    def load_state_dict(self, state):
        self.loaded = state["position"]


TEXTS = [chr(65 + number % 26) * (1 + number % 13) for number in range(300)]
EXPECTED = [token for text in TEXTS for token in [50256, *map(ord, text)]]


@pytest.fixture(autouse=True, params=[7, 200], ids=["few documents at once", "many"])
def documents_at_once(request, monkeypatch):
    monkeypatch.setattr(prepare, "DOCUMENTS_AT_ONCE", request.param)


def run(folder, stream, shards=None, shard_tokens=100):
    prepare.prepare(folder, stream, Letters(), shard_tokens, shards, say=lambda *_, **__: None)


def content(folder):
    paths = sorted(folder.glob("*.bin"), key=lambda path: path.name[-10:])
    return [path.name for path in paths], [token for path in paths for token in open_shard(path).tolist()]


def test_every_token_is_in_the_shards_in_order_and_the_first_shard_is_for_validation(tmp_path):
    run(tmp_path, Stream(TEXTS))
    names, tokens = content(tmp_path)
    assert tokens == EXPECTED
    assert names[:3] == ["fineweb_val_000000.bin", "fineweb_train_000001.bin", "fineweb_train_000002.bin"]
    assert len(names) == -(-len(EXPECTED) // 100)
    assert not list(tmp_path.glob("*.unfinished"))


def test_a_preparation_killed_again_and_again_ends_with_the_same_shards(tmp_path):
    for killed_at in range(20, 300, 23):
        with pytest.raises(Interrupted):
            run(tmp_path, Stream(TEXTS, killed_at))
    run(tmp_path, Stream(TEXTS))
    assert content(tmp_path)[1] == EXPECTED


@pytest.mark.parametrize("killed", ["fineweb_train_000004.bin", "progress.json"])
@pytest.mark.parametrize("renamed", [False, True])
def test_a_kill_around_the_writing_of_a_file_loses_and_doubles_nothing(tmp_path, monkeypatch, killed, renamed):
    replace, times = os.replace, []

    def killing(source, target):
        times.append(target.name)
        if target.name == killed and times.count(killed) == (1 if killed.endswith("bin") else 5):
            if renamed:
                replace(source, target)
            raise Interrupted
        replace(source, target)

    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(os, "replace", killing)
        run(tmp_path, Stream(TEXTS))
    run(tmp_path, Stream(TEXTS))
    assert content(tmp_path)[1] == EXPECTED


def test_it_stops_after_so_many_shards_and_goes_on_when_asked_for_more(tmp_path):
    run(tmp_path, Stream(TEXTS), shards=2)
    assert content(tmp_path)[1] == EXPECTED[:200]
    run(tmp_path, Stream(TEXTS), shards=5)
    assert content(tmp_path)[1] == EXPECTED[:500]
    run(tmp_path, Stream(TEXTS))
    assert content(tmp_path)[1] == EXPECTED


def test_what_is_complete_is_left_alone(tmp_path):
    run(tmp_path, Stream(TEXTS))
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.bin")}
    run(tmp_path, Stream(TEXTS, killed_at=0))
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.bin")} == before


def test_a_document_longer_than_several_shards_is_cut_and_kept(tmp_path):
    run(tmp_path, Stream(["x" * 450, "y"]))
    assert content(tmp_path)[1] == [50256, *[ord("x")] * 450, 50256, ord("y")]


def test_another_size_of_shards_is_refused(tmp_path):
    run(tmp_path, Stream(TEXTS), shards=1)
    with pytest.raises(ValueError, match="begun with 100 tokens a shard, not 50"):
        run(tmp_path, Stream(TEXTS), shard_tokens=50)


def test_tokens_of_more_than_16_bits_are_refused(tmp_path):
    with pytest.raises(ValueError, match="16 bits each"):
        write_shard(tmp_path / "a.bin", np.array([1, 65536]))
    assert not list(tmp_path.iterdir())


def test_a_streamed_dataset_itself_is_gone_on_from(tmp_path):
    """With the real `datasets`, where it is installed: its saved positions are those of the last document that was read."""
    datasets = pytest.importorskip("datasets")
    source = tmp_path / "documents.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))

    def stream():
        return datasets.load_dataset("json", data_files=str(source), split="train", streaming=True)

    for shards in (1, 4, 9):
        run(tmp_path / "made", stream(), shards=shards)
    run(tmp_path / "made", stream())
    assert content(tmp_path / "made")[1] == EXPECTED


def test_invented_text_is_the_same_every_time_and_has_something_to_learn():
    tokens = synthetic_tokens(20_000, 256, seed=2)
    assert np.array_equal(tokens, synthetic_tokens(20_000, 256, seed=2)) and tokens.max() == 255
    assert not np.array_equal(tokens, synthetic_tokens(20_000, 256, seed=1))
    pairs = np.bincount(tokens[:-1].astype(int) * 256 + tokens[1:], minlength=256 * 256).reshape(256, 256) / 19_999
    single = pairs.sum(1)
    known = np.where(pairs > 0, pairs * np.log(np.where(pairs > 0, pairs, 1) / (np.outer(single, single) + 1e-12)), 0).sum()
    assert known > 1  # nats that a token tells of the next
