"""GPT-2 pre-training: a decoder-only transformer trained for a fixed time. The only file to change.

    VARIANT=1gpu python train.py
    VARIANT=8gpu torchrun --standalone --nproc_per_node 8 train.py

Radford et al., "Language models are unsupervised multitask learners" (2019), with RMS normalisation and without biases. Everything is here:
settings, model, optimizer, schedule, loop. What is fixed is in variants.py, budget.py, data.py and evaluate.py.
"""
import copy
import math
import os
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

import variants
from budget import Budget
from checkpoint import Checkpoints
from data import Batches
from evaluate import Evaluation
from ranks import Ranks
from tracking import Tracking

# Settings: the model
MLP = "gelu"  # gelu, relu2, swiglu
MLP_RATIO = 4  # width inside the MLP, in widths of the model (swiglu: two thirds of it, for as many parameters)
NORM = "rms"  # rms, layer
POSITIONS = "learned"  # learned, rotary
QK_NORM = False  # brings queries and keys to unit size, head by head
SKIPS = False  # adds each layer of the first half to its mirror image in the second, with a learned weight that starts at 0
TIED = True  # the embedding is the output matrix too
SOFTCAP = 0  # logits are bent to stay within plus and minus this, 0 for no limit
INIT_STD = 0.02  # standard deviation of the initial weights

# Settings: the training
BATCH_TOKENS = 262144  # of a step, over all GPUs and accumulated parts
OPTIMIZER = "adamw"  # adamw, muon (for the matrices of the layers; adamw for the rest)
LEARNING_RATE = 0.0015
WARMUP_STEPS = 256  # over which the rate rises
SCHEDULE = "linear"  # linear, cosine, trapezoid (constant, then linear over the last 40%), constant: over the budget
FINAL_RATE = 0.1  # share of the rate that is left at the end
BETA1 = 0.9
BETA2 = 0.95
WEIGHT_DECAY = 0.1  # of matrices
CLIP = 1.0  # largest norm of the gradient, 0 for any
AVERAGING = 0  # evaluate a running mean of the weights with this decay, 0 for the weights themselves


@dataclass
class Size:
    layers: int
    heads: int
    width: int
    rows: int  # sequences a GPU takes at a time, at most
    shrink: int = 1  # BATCH_TOKENS is divided by this


SIZES = {
    "1gpu": Size(layers=12, heads=12, width=768, rows=32),
    "8gpu": Size(layers=12, heads=12, width=768, rows=32),
    "large": Size(layers=24, heads=16, width=1024, rows=16),
    "cpu-smoke": Size(layers=2, heads=2, width=64, rows=16, shrink=1024),
}


def norm(width: int) -> nn.Module:
    return nn.RMSNorm(width, eps=1e-6) if NORM == "rms" else nn.LayerNorm(width, bias=False)


class Attention(nn.Module):
    """Causal self-attention."""

    def __init__(self, size: Size, length: int):
        super().__init__()
        self.heads = size.heads
        self.inputs = nn.Linear(size.width, 3 * size.width, bias=False)
        self.output = nn.Linear(size.width, size.width, bias=False)
        if POSITIONS == "rotary":  # Su et al., "RoFormer" (2021), section 3.2
            half = size.width // size.heads // 2
            angles = torch.outer(torch.arange(length), 10_000.0 ** -(torch.arange(half) / half))
            self.register_buffer("cos", angles.cos(), persistent=False)
            self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, x):
        rows, length, width = x.shape
        q, k, v = self.inputs(x).view(rows, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if QK_NORM:
            q, k = F.rms_norm(q, q.shape[-1:]), F.rms_norm(k, k.shape[-1:])
        if POSITIONS == "rotary":
            q, k = self.turned(q), self.turned(k)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.output(y.transpose(1, 2).reshape(rows, length, width))

    def turned(self, x):
        """`x` of shape (rows, heads, length, size), each pair of numbers turned by an angle that grows with the position."""
        a, b = x.chunk(2, dim=-1)
        cos, sin = self.cos[: x.shape[2]].to(x.dtype), self.sin[: x.shape[2]].to(x.dtype)
        return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class FeedForward(nn.Module):
    """Two linear maps around an activation."""

    def __init__(self, width: int):
        super().__init__()
        inner = int(MLP_RATIO * width)
        if MLP == "swiglu":
            inner = 8 * round(inner * 2 / 3 / 8)
        self.inputs = nn.Linear(width, 2 * inner if MLP == "swiglu" else inner, bias=False)
        self.output = nn.Linear(inner, width, bias=False)

    def forward(self, x):
        x = self.inputs(x)
        if MLP == "swiglu":  # Shazeer, "GLU variants improve transformer" (2020)
            gate, x = x.chunk(2, dim=-1)
            x = F.silu(gate) * x
        else:
            x = F.gelu(x, approximate="tanh") if MLP == "gelu" else F.relu(x).square()
        return self.output(x)


class Layer(nn.Module):
    """Attention and MLP, each on the normalised stream and added to it."""

    def __init__(self, size: Size, length: int):
        super().__init__()
        self.attention_norm, self.attention = norm(size.width), Attention(size, length)
        self.mlp_norm, self.mlp = norm(size.width), FeedForward(size.width)

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.mlp(self.mlp_norm(x))


class Model(nn.Module):
    """The language model: tokens (rows, length) to logits (rows, length, vocabulary rounded up), or to the loss where targets are given."""

    def __init__(self, size: Size, vocabulary: int, length: int):
        super().__init__()
        padded = 128 * math.ceil(vocabulary / 128)
        self.embedding = nn.Embedding(padded, size.width)
        self.positions = nn.Embedding(length, size.width) if POSITIONS == "learned" else None
        self.layers = nn.ModuleList(Layer(size, length) for _ in range(size.layers))
        self.skips = nn.Parameter(torch.zeros(size.layers // 2)) if SKIPS else None
        self.norm = norm(size.width)
        self.head = nn.Linear(size.width, padded, bias=False)
        if TIED:
            self.head.weight = self.embedding.weight
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:  # the maps that add to the stream start smaller, the more of them there are
                nn.init.normal_(parameter, std=INIT_STD / math.sqrt(2 * size.layers) if name.endswith("output.weight") else INIT_STD)

    def forward(self, tokens, targets=None):
        x = self.embedding(tokens)
        if self.positions is not None:
            x = x + self.positions.weight[: tokens.shape[1]]
        kept = []
        for number, layer in enumerate(self.layers):
            if self.skips is not None and number >= len(self.layers) - len(self.skips):
                x = x + self.skips[len(kept) - 1] * kept.pop()
            x = layer(x)
            if self.skips is not None and number < len(self.skips):
                kept.append(x)
        logits = self.head(self.norm(x))
        if SOFTCAP:
            logits = SOFTCAP * torch.tanh(logits / SOFTCAP)
        if targets is None:
            return logits
        return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten())


def optimizers_of(model: Model) -> dict:
    """The optimizers by name; together they hold every parameter once. Matrices decay, all else does not."""
    parameters = dict(model.named_parameters())
    inner = [p for name, p in parameters.items() if p.dim() == 2 and name.startswith("layers.")] if OPTIMIZER == "muon" else []
    taken = {id(p) for p in inner}
    rest = [p for p in parameters.values() if id(p) not in taken]
    groups = [{"params": [p for p in rest if p.dim() >= 2], "weight_decay": WEIGHT_DECAY},
              {"params": [p for p in rest if p.dim() < 2], "weight_decay": 0.0}]
    fused = next(model.parameters()).is_cuda
    optimizers = {"adamw": torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(BETA1, BETA2), fused=fused)}
    if inner:  # Jordan et al., "Muon" (2024); steps as large as those of AdamW, so that one learning rate fits both
        optimizers["muon"] = torch.optim.Muon(inner, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw")
    return optimizers


def rate_at(step: int, progress: float) -> float:
    """The learning rate of a step (from 0) at `progress` (0 to 1) of the budget: how many steps there will be is not known."""
    falling = {"linear": 1 - progress, "cosine": 0.5 + 0.5 * math.cos(math.pi * progress), "trapezoid": min(1.0, (1 - progress) / 0.4),
               "constant": 1.0}[SCHEDULE]
    rising = min(1.0, (step + 1) / WARMUP_STEPS) if WARMUP_STEPS else 1.0
    return LEARNING_RATE * rising * (FINAL_RATE + (1 - FINAL_RATE) * falling if SCHEDULE != "constant" else 1.0)


def main() -> None:
    # proving-ground: protected
    variant = variants.current()
    ranks = Ranks.of_environment(variant.device)
    budget = Budget.of_variant(variant, ranks)
    torch.manual_seed(int(os.environ.get("SEED", "0")))
    # proving-ground: end
    torch.set_float32_matmul_precision("high")
    size = SIZES[variant.name]
    model = Model(size, variant.vocabulary, variant.length).to(ranks.device)
    optimizers = optimizers_of(model)
    averaged = copy.deepcopy(model) if AVERAGING else model
    trained = {"model": model, **optimizers, **({"averaged": averaged} if AVERAGING else {})}  # all that a step changes
    forward = torch.compile(model, dynamic=False) if variant.compiled else model
    shown = forward if averaged is model else torch.compile(averaged, dynamic=False) if variant.compiled else averaged
    autocast = torch.autocast(variant.device, variant.dtype, enabled=variant.dtype != torch.float32)

    step_tokens = BATCH_TOKENS // size.shrink
    rows = max(1, min(size.rows, step_tokens // (variant.length * ranks.world)))
    # proving-ground: protected
    batches = Batches(variant.train_glob, rows, variant.length, step_tokens, variant.vocabulary, ranks, budget)
    settings = {name: value for name, value in globals().items() if name.isupper() and name != "SIZES"}
    evaluation = Evaluation(variant, ranks, budget, batches, Tracking("nanogpt-" + variant.name, settings, silent=ranks.rank != 0))
    state = {**trained, "batches": batches, "evaluation": evaluation, "budget": budget}
    checkpoints = Checkpoints(state, ranks, budget, variant.checkpoint_seconds)
    # proving-ground: end

    def predict(tokens):
        with autocast:
            return shown(tokens)

    def update(next_batch):
        """One step on this process's share of the batch; the mean loss of the share."""
        total = torch.zeros((), device=ranks.device)
        for _ in range(batches.accumulation):
            tokens, targets = next_batch()
            with autocast:
                loss = forward(tokens, targets) / batches.accumulation
            loss.backward()
            total += loss.detach()
        ranks.average_gradients(model.parameters())
        if CLIP:
            nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        for optimizer in optimizers.values():
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if AVERAGING:
            with torch.no_grad():
                torch._foreach_lerp_(list(averaged.parameters()), list(model.parameters()), 1 - AVERAGING)
        return total

    step, loss = checkpoints.load(), None
    if variant.compiled:
        budget.compile(update, trained, rows, variant.length, variant.vocabulary)
    while budget.another_step():
        # proving-ground: protected
        if evaluation.due():
            evaluation.report(step, loss, predict)
        checkpoints.save_if_due(step)
        # proving-ground: end
        rate = rate_at(step, budget.progress())
        for optimizer in optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate
        loss = update(batches.next)
        step += 1
        evaluation.log(step, loss, rate)
    # proving-ground: protected
    evaluation.final(step, loss, predict)
    checkpoints.finish(step)
    ranks.close()
    # proving-ground: end


if __name__ == "__main__":
    main()
