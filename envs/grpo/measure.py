"""Measures on this machine, without a download: rollouts a second, update and step time, and peak memory at the real size.

    VARIANT=full python measure.py                  # random weights in Qwen2.5-Math-1.5B's shape
    VARIANT=24gb python measure.py --prompts 8
    python measure.py --size tiny --prompts 2       # does this script work? on a CPU, in seconds

Prints rows of a Markdown table. Random weights never write `</answer>`, so every completion has the full length: the worst case.
"""
import argparse
import resource
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

import train
from rollout import engine_for, open_rollouts

# Qwen2.5 technical report (arXiv 2412.15115), table 1, and the model's config.json: 1.54 billion parameters
REAL = {"hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12, "num_key_value_heads": 2,
        "vocab_size": 151_936, "max_position_embeddings": 4096, "tie_word_embeddings": True}
TINY = REAL | {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
               "vocab_size": 600}
PROMPT = "a" * 200  # 200 tokens of a tokenizer that knows single bytes only; a problem of MATH in its prompt has about as many


class PeakMemory:
    """The most memory used while it is entered, in GiB: of the whole GPU, sampled every 20 ms, or of this process on a CPU."""

    def __init__(self, device: str):
        self.device, self.peak, self._ended = device, 0.0, threading.Event()

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            free, total = torch.cuda.mem_get_info()
            self.peak = max(self.peak, (total - free) / 2**30)

    def __enter__(self) -> "PeakMemory":
        self._began = time.perf_counter()
        self._thread = threading.Thread(target=self._watch, daemon=True) if self.device == "cuda" else None
        if self._thread:
            self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        if self._thread:
            torch.cuda.synchronize()
            self._ended.set()
            self._thread.join()
        else:
            used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            self.peak = used / (2**30 if sys.platform == "darwin" else 2**20)
        self.seconds = time.perf_counter() - self._began


def random_model(folder: Path, size: dict, dtype: str) -> None:
    """Writes a model with random weights of the given size, and a tokenizer of single bytes with as many entries."""
    torch.manual_seed(0)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    entries = alphabet + [f"unused{number}" for number in range(size["vocab_size"] - len(alphabet) - 1)]
    tokenizer = Tokenizer(models.BPE(vocab={entry: number for number, entry in enumerate(entries)}, merges=[]))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")
    wrapped.save_pretrained(folder)
    model = Qwen2ForCausalLM(Qwen2Config(**size, bos_token_id=None, eos_token_id=len(entries))).to(getattr(torch, dtype))
    model.save_pretrained(folder)


def measure(size: dict, prompts: int, new_tokens: int, engines: list[str]) -> list[str]:
    """Rows of the table: what, value. A step's time is its parts' times at the variant's number of prompts."""
    if train.V.device == "cpu":
        torch.set_num_threads(1)
    rows = [("machine", torch.cuda.get_device_name() if train.V.device == "cuda" else "CPU, one core"), ("variant", train.V.name)]
    with tempfile.TemporaryDirectory() as folder:
        random_model(Path(folder), size, train.V.dtype)
        train.V = replace(train.V, model=Path(folder), new_tokens=new_tokens)
        model = train.load_policy()
        rows.append(("parameters", f"{model.num_parameters():,}"))
        optimizer = train.Optimizer(model, train.SIZE["optimizer_on"])
        completions, rollout_seconds = [], {}
        for engine in engines:
            rollouts = open_rollouts(train.V, engine)
            sampling = {"temperature": 1.0, "top_p": 1.0, "seed": 0}
            rollouts.generate(model, [PROMPT] * 2, samples=1, new_tokens=8, **sampling)  # warm
            with PeakMemory(train.V.device) as used:
                groups = rollouts.generate(model, [PROMPT] * prompts, samples=train.GROUP, new_tokens=new_tokens, **sampling)
            completions = [completion for group in groups for completion in group]
            tokens = sum(len(completion.token_ids) for completion in completions)
            rollout_seconds[engine] = used.seconds / len(completions)
            rows += [(f"{engine}: rollouts/s", f"{len(completions) / used.seconds:.2f}"),
                     (f"{engine}: tokens/s", f"{tokens / used.seconds:.0f}"), (f"{engine}: peak memory", f"{used.peak:.1f} GiB")]
        update = train.SIZE["micro_batch"] * train.SIZE["accumulate"]
        completions = (completions * (1 + update // len(completions)))[:update]
        rewards = torch.arange(update) % 2.0
        train.learn(model, optimizer, completions, rewards, rewards - 0.5, rollouts.tokenizer.eos_token_id, 0.0)  # warm
        with PeakMemory(train.V.device) as used:
            train.learn(model, optimizer, completions, rewards, rewards - 0.5, rollouts.tokenizer.eos_token_id, 0.0)
        rows += [(f"update of {update} completions", f"{used.seconds:.2f} s"), ("updates: peak memory", f"{used.peak:.1f} GiB")]
        for engine, seconds in rollout_seconds.items():
            count = train.SIZE["prompts"] * train.GROUP
            rows.append((f"GRPO step of {count} completions by {engine}, computed from these",
                         f"{count * (seconds + used.seconds / update):.1f} s"))
    return [f"| {what} | {value} |" for what, value in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=["real", "tiny"], default="real")
    parser.add_argument("--prompts", type=int, default=32, help="each is completed as often as a group is large")
    parser.add_argument("--new-tokens", type=int, default=train.V.new_tokens)
    parser.add_argument("--engines", nargs="+", choices=["vllm", "transformers"], help="both where vLLM is installed")
    arguments = parser.parse_args()
    engines = arguments.engines or (["transformers", "vllm"] if engine_for(train.V) == "vllm" else ["transformers"])
    size = REAL if arguments.size == "real" else TINY
    print("| measured | value |\n| --- | --- |", *measure(size, arguments.prompts, arguments.new_tokens, engines), sep="\n")


if __name__ == "__main__":
    main()
