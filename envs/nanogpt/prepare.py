"""Makes the token shards: from FineWeb, or invented ones with something to learn in them.

    python prepare.py FOLDER                         FineWeb's sample of 10 billion tokens: about 100 shards, 20 GB
    python prepare.py FOLDER --shards 21             only the first 21
    python prepare.py --synthetic FOLDER             2 shards of invented text, in a second

FineWeb needs `pip install -r requirements-data.txt` and a network. The first shard is for validation. A preparation that was interrupted
goes on where its last whole shard ended when it is started again: progress.json says where that was, and no document is lost or doubled.
"""
import argparse
import itertools
import json
import os
from pathlib import Path

import numpy as np

from data import header

DATASET, SAMPLE = "HuggingFaceFW/fineweb", "sample-10BT"
SHARD_TOKENS = 100_000_000
DOCUMENTS_AT_ONCE = 256
THREADS = 8


def write_whole(path: Path, *parts) -> None:
    """Writes the bytes of `parts` to `path` such that a kill leaves either all of it or nothing under that name."""
    unfinished = path.with_name(path.name + ".unfinished")
    with open(unfinished, "wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)


def write_shard(path: Path, tokens: np.ndarray) -> None:
    """Writes a shard (data.py says how it looks). Raises ValueError for a token that does not fit 16 bits."""
    if len(tokens) and not 0 <= int(tokens.min()) <= int(tokens.max()) < 2**16:
        raise ValueError(f"{path}: tokens reach from {tokens.min()} to {tokens.max()}, a shard holds 16 bits each")
    write_whole(path, header(len(tokens)), tokens.astype("<u2").tobytes())


def prepare(folder: Path, stream, encoder, shard_tokens: int, shards: int | None = None, say=print) -> None:
    """Writes shards of the documents of `stream` to `folder`, each document after the encoder's end-of-text token.

    `stream` yields dicts with a `text` and has `state_dict` and `load_state_dict`, as a streamed dataset of `datasets` does; `encoder` has
    `encode_ordinary_batch(texts)` and `eot_token`, as those of `tiktoken` do. The last shard may be shorter. Stops after `shards` if given.
    Raises ValueError if the folder was begun with another `shard_tokens`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "progress.json"
    progress = {"shard_tokens": shard_tokens, "shards": 0, "rest": [], "complete": False}
    if record.exists():
        progress = json.loads(record.read_text())
    if progress["shard_tokens"] != shard_tokens:
        raise ValueError(f"{folder} was begun with {progress['shard_tokens']} tokens a shard, not {shard_tokens}: use that, or another "
                         "folder")
    position = progress.get("stream")
    if position is not None:
        stream.load_state_dict(position)
    done, rest, documents = progress["shards"], np.array(progress["rest"], np.int64), iter(stream)
    complete = progress["complete"]
    while not complete and (shards is None or done < shards):
        pieces, size, texts = [rest], len(rest), [""]
        while size < shard_tokens and texts:
            texts = [document["text"] for document in itertools.islice(documents, DOCUMENTS_AT_ONCE)]
            for tokens in encoder.encode_ordinary_batch(texts):
                pieces.append(np.array([encoder.eot_token, *tokens], np.int64))
                size += len(pieces[-1])
            position = stream.state_dict()  # a stream that was not read from since it was put somewhere does not know where it is
        joined = np.concatenate(pieces)
        shard, rest = joined[:shard_tokens], joined[shard_tokens:]
        if len(shard):
            path = folder / f"fineweb_{'train' if done else 'val'}_{done:06d}.bin"
            write_shard(path, shard)
            done += 1
            say(f"{path}: {len(shard):,} tokens", flush=True)
        complete = not texts and not len(rest)
        state = {"shard_tokens": shard_tokens, "shards": done, "rest": rest.tolist(), "complete": complete, "stream": position}
        write_whole(record, json.dumps(state).encode())
    say(f"{folder} holds {done} shards{', the whole sample' if complete else ''}", flush=True)


def synthetic_tokens(count: int, vocabulary: int, seed: int) -> np.ndarray:
    """`count` tokens (uint16) of an invented language, the same for the same `vocabulary`; `seed` chooses the documents.

    Words of 2 to 4 tokens have a few usual successors, and every document comes back to a few words of its own, so there is something to
    learn for a table of pairs, for the inside of words and for attention.
    """
    language = np.random.default_rng(20240520)
    words, usual, own, length = min(512, 4 * vocabulary), 4, 8, 48
    spelling = language.integers(0, vocabulary - 1, (words, 4))
    letters = language.integers(2, 5, words)
    successors = language.integers(0, words, (words, usual))
    source = np.random.default_rng(seed)
    documents = count // (2 * length) + 2
    topics = source.integers(0, words, (documents, own))
    text = np.empty((documents, length), np.int64)
    text[:, 0] = topics[:, 0]
    rows = np.arange(documents)
    for place in range(1, length):
        follows = successors[text[:, place - 1], np.minimum(source.geometric(0.5, documents) - 1, usual - 1)]
        recurs = topics[rows, source.integers(0, own, documents)]
        text[:, place] = np.where(source.random(documents) < 0.65, follows, recurs)
    tokens = np.concatenate([np.full((documents, 1), vocabulary - 1), spelling[text].reshape(documents, -1)], axis=1)
    present = np.concatenate([np.ones((documents, 1), bool), (np.arange(4) < letters[text][..., None]).reshape(documents, -1)], axis=1)
    return tokens[present][:count].astype(np.uint16)


def write_synthetic(folder: Path, vocabulary: int, train_tokens: int, validation_tokens: int) -> None:
    """Writes one training and one validation shard of the invented language."""
    folder.mkdir(parents=True, exist_ok=True)
    write_shard(folder / "synthetic_val_000000.bin", synthetic_tokens(validation_tokens, vocabulary, seed=1))
    write_shard(folder / "synthetic_train_000001.bin", synthetic_tokens(train_tokens, vocabulary, seed=2))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--shards", type=int, help="stop after so many, the one for validation included")
    arguments.add_argument("--shard-tokens", type=int, default=SHARD_TOKENS)
    arguments.add_argument("--synthetic", action="store_true", help="invent the text")
    arguments.add_argument("--vocabulary", type=int, default=256, help="of the invented text")
    arguments.add_argument("--train-tokens", type=int, default=4_000_000, help="of the invented text")
    arguments.add_argument("--validation-tokens", type=int, default=100_000, help="of the invented text")
    given = arguments.parse_args()
    if given.synthetic:
        write_synthetic(given.folder, given.vocabulary, given.train_tokens, given.validation_tokens)
        return
    try:
        import tiktoken
        from datasets import load_dataset
    except ImportError as cause:
        raise SystemExit(f"{cause}: pip install -r requirements-data.txt") from cause

    class Encoder:
        encoding = tiktoken.get_encoding("gpt2")
        eot_token = encoding.eot_token

        def encode_ordinary_batch(self, texts):
            return self.encoding.encode_ordinary_batch(texts, num_threads=THREADS)

    prepare(given.folder, load_dataset(DATASET, name=SAMPLE, split="train", streaming=True), Encoder(), given.shard_tokens, given.shards)


if __name__ == "__main__":
    main()
