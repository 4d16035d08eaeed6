"""The same model and the same step written straight down, to measure train.py against and to test it by.

No fused attention, no fused optimizer, no padding of the vocabulary: every operation of the formulas is one line of PyTorch.
"""
import math

import torch
import torch.nn as nn


class Straight(nn.Module):
    """GPT-2 as train.py has it with its default settings. `parameters_like` takes over the weights of a `train.Model`."""

    def __init__(self, layers: int, heads: int, width: int, vocabulary: int, length: int):
        super().__init__()
        self.heads = heads

        def matrix(rows, columns, std=0.02):
            return nn.Parameter(torch.randn(rows, columns) * std)

        self.embedding = matrix(vocabulary, width)
        self.positions = matrix(length, width)
        small = 0.02 / math.sqrt(2 * layers)
        self.blocks = nn.ModuleList(nn.ParameterDict({
            "gain1": nn.Parameter(torch.ones(width)), "qkv": matrix(3 * width, width), "out": matrix(width, width, small),
            "gain2": nn.Parameter(torch.ones(width)), "up": matrix(4 * width, width), "down": matrix(width, 4 * width, small)})
            for _ in range(layers))
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, tokens):
        rows, length = tokens.shape
        x = self.embedding[tokens] + self.positions[:length]
        mask = torch.ones(length, length, dtype=torch.bool, device=tokens.device).tril()
        for block in self.blocks:
            q, k, v = (rms(x) * block["gain1"] @ block["qkv"].T).split(x.shape[-1], dim=-1)
            q, k, v = (t.view(rows, length, self.heads, -1).transpose(1, 2) for t in (q, k, v))
            scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
            attention = scores.masked_fill(~mask, -math.inf).softmax(dim=-1).to(v.dtype)
            x = x + (attention @ v).transpose(1, 2).reshape(rows, length, -1) @ block["out"].T
            hidden = rms(x) * block["gain2"] @ block["up"].T
            hidden = 0.5 * hidden * (1 + torch.tanh(math.sqrt(2 / math.pi) * (hidden + 0.044715 * hidden**3)))
            x = x + hidden @ block["down"].T
        return rms(x) * self.gain @ self.embedding.T

    def parameters_like(self, model) -> "Straight":
        """Takes the weights of `model`, a `train.Model` with default settings and as many layers."""
        with torch.no_grad():
            self.embedding.copy_(model.embedding.weight[: len(self.embedding)])
            self.positions.copy_(model.positions.weight)
            self.gain.copy_(model.norm.weight)
            for block, layer in zip(self.blocks, model.layers):
                for name, source in (("gain1", layer.attention_norm), ("qkv", layer.attention.inputs), ("out", layer.attention.output),
                                     ("gain2", layer.mlp_norm), ("up", layer.mlp.inputs), ("down", layer.mlp.output)):
                    block[name].copy_(source.weight)
        return self


def rms(x):
    """Each vector at root mean square 1."""
    return x / torch.sqrt((x.float() ** 2).mean(dim=-1, keepdim=True) + 1e-6).to(x.dtype)


def loss_of(logits, targets):
    """Mean cross entropy in nats, computed in float32."""
    logits = logits.float()
    return (torch.logsumexp(logits, dim=-1) - logits.gather(-1, targets[..., None])[..., 0]).mean()
