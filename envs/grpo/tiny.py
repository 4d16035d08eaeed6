"""The model and the problems of the CPU variant, made on the spot: a small Qwen2 that has read careless arithmetic.

It learns for some seconds, supervised, from worked examples of sums and differences of which many end in a wrong answer,
so it knows how to work but often slips, and reinforcement has something to raise. Everything comes from one seed.
"""
import json
import random
import time
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from data import prompt
from variant import STOP

SEED = 20_260_126
LARGEST = 49  # operands are 0 to 49, and nothing is carried or borrowed: what is to be learned is learned in seconds
TEST = 256  # problems kept from training
CARELESS = 0.6  # share of the worked examples that go wrong
STEPS, BATCH, RATE = 300, 64, 4e-3
VOCABULARY = 640


def problems(largest: int = LARGEST, test: int = TEST) -> tuple[list[dict], list[dict]]:
    """Training problems and `test` others, of operands 0 to `largest`, in MATH's form: `problem`, `solution` and `answer`."""
    pairs = [(first, second) for first in range(largest + 1) for second in range(largest + 1)]
    sums = [(first, "+", second, first + second) for first, second in pairs if first % 10 + second % 10 < 10]
    differences = [(first, "-", second, first - second) for first, second in pairs if first >= second and first % 10 >= second % 10]
    rows = [{"problem": f"What is ${first} {sign} {second}$?", "answer": str(result),
             "solution": f"We have ${first} {sign} {second} = \\boxed{{{result}}}$."} for first, sign, second, result in sums + differences]
    random.Random(SEED).shuffle(rows)
    return rows[test:], rows[:test]


def worked(row: dict, source: random.Random) -> str:
    """What a careless pupil writes after the prompt of `row`: the sum repeated, an answer that is right or a little off."""
    result = int(row["answer"])
    if source.random() < CARELESS:
        result += source.choice([-10, -2, -1, 1, 2, 10])
    return f" {row['problem'][9:-2]} = {result} </think> <answer>{result}{STOP}"


def make_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """A byte-pair tokenizer learned from `texts`: digits stand alone, and the prompt's fixed text is a few long tokens."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("[0-9]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    printable = [chr(code) for code in range(32, 127)] + ["\n"]
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=["<unk>", "<|endoftext|>"], initial_alphabet=printable,
                                  show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>", unk_token="<unk>",
                                   clean_up_tokenization_spaces=False)


def make(folder: Path, largest: int = LARGEST, test: int = TEST, steps: int = STEPS, say=print) -> None:
    """Writes `folder`/model and `folder`/data; the other arguments are for a quicker, simpler model."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    train, held_out = problems(largest, test)
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", train), ("test", held_out)):
        (data / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    source = random.Random(SEED)
    tokenizer = make_tokenizer([prompt(row["problem"]) + worked(row, source) for row in train[:400]])
    config = Qwen2Config(vocab_size=len(tokenizer), hidden_size=96, intermediate_size=256, num_hidden_layers=3, num_attention_heads=4,
                         num_key_value_heads=2, max_position_embeddings=512, tie_word_embeddings=True, bos_token_id=None,
                         eos_token_id=tokenizer.eos_token_id)
    model = Qwen2ForCausalLM(config)
    say(f"tiny model: {model.num_parameters():,} parameters, {len(tokenizer)} tokens, {len(train)} problems to train on, "
        f"{len(held_out)} to test")
    learn(model, tokenizer, train, source, steps, say)
    model.generation_config.pad_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")


def learn(model, tokenizer, rows: list[dict], source: random.Random, steps: int, say) -> None:
    """Supervised training on careless worked examples, loss on what follows the prompt."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    asked = [tokenizer(prompt(row["problem"]))["input_ids"] for row in rows]
    began = time.monotonic()
    for step in range(1, steps + 1):
        picked = source.sample(range(len(rows)), BATCH)
        written = [tokenizer(worked(rows[index], source))["input_ids"] + [tokenizer.eos_token_id] for index in picked]
        longest = max(len(asked[index]) + len(more) for index, more in zip(picked, written))
        ids = torch.full((BATCH, longest), tokenizer.eos_token_id)
        labels = torch.full((BATCH, longest), -100)
        for row, (index, more) in enumerate(zip(picked, written)):
            begin, end = len(asked[index]), len(asked[index]) + len(more)
            ids[row, :end] = torch.tensor(asked[index] + more)
            labels[row, begin:end] = torch.tensor(more)
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 200 == 0:
            say(f"tiny model: step {step} of {steps}, loss {loss.item():.3f}, {time.monotonic() - began:.0f} s")
