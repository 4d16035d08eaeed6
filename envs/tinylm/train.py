"""A small character language model: the last few characters are embedded and a feed-forward network guesses the next.

Bengio et al., "A neural probabilistic language model" (2003), with today's parts to choose from. Everything is here:
settings, model, gradients by hand, optimizer, loop. `python train.py` trains for the fixed budget and prints the loss.
"""
import os

from budget import Budget  # first: it limits NumPy to one thread
import numpy as np

from data import VOCABULARY, texts
from evaluate import MAX_CONTEXT, Evaluation, examples

# Settings: the model
CONTEXT = 5  # characters looked back, at most 32
EMBED = 10  # numbers per character
WIDTH = 128  # units of a hidden layer
DEPTH = 1  # hidden layers
ACTIVATION = "tanh"  # tanh, relu, gelu, silu
NORM = "none"  # none, rms, layer: before each activation
RESIDUAL = False  # adds a hidden layer's input to its output, from the second on
INIT_SCALE = 1  # times 1 / sqrt(inputs)

# Settings: the training
BATCH = 32  # characters guessed per step
OPTIMIZER = "sgd"  # sgd, momentum, rmsprop, adam, lion
LEARNING_RATE = 1  # times the optimizer's usual rate, below
SCHEDULE = "constant"  # constant, linear, cosine: over the budget, down to 0
WARMUP = 0  # share of the budget over which the rate rises from 0
MOMENTUM = 0.9  # of momentum, adam and lion
CLIP = 0  # largest norm of the gradient, 0 for any
WEIGHT_DECAY = 0  # share of each parameter taken away per step
DROPOUT = 0  # share of hidden units silenced per step
LABEL_SMOOTHING = 0  # share of the target spread over all characters
AVERAGING = 0  # evaluate a running mean of the weights with this decay, 0 for the weights themselves

USUAL_RATES = {"sgd": 0.1, "momentum": 0.02, "rmsprop": 0.001, "adam": 0.002, "lion": 0.0003}
SECOND_MOMENT, TINY = 0.99, 1e-8


def initial_parameters(rng: np.random.Generator) -> dict:
    """Parameters by name: `embed`, then `weight`, `bias` and `gain` per hidden layer, then `head` and `head_bias`."""
    def matrix(rows, columns):
        return (rng.standard_normal((rows, columns)) * INIT_SCALE / np.sqrt(rows)).astype(np.float32)

    parameters = {"embed": rng.standard_normal((VOCABULARY, EMBED)).astype(np.float32)}
    inputs = CONTEXT * EMBED
    for layer in range(DEPTH):
        parameters[f"weight{layer}"] = matrix(inputs, WIDTH)
        parameters[f"bias{layer}"] = np.zeros(WIDTH, np.float32)
        if NORM != "none":
            parameters[f"gain{layer}"] = np.ones(WIDTH, np.float32)
        inputs = WIDTH
    parameters["head"] = matrix(inputs, VOCABULARY)
    parameters["head_bias"] = np.zeros(VOCABULARY, np.float32)
    return parameters


def activate(x):
    """The activation of `x` and its derivative there."""
    if ACTIVATION == "tanh":
        y = np.tanh(x)
        return y, 1 - y * y
    if ACTIVATION == "relu":
        return np.maximum(x, 0), (x > 0).astype(x.dtype)
    # silu is x * sigmoid(x); gelu is nearly x * sigmoid(1.702 x) (Hendrycks and Gimpel 2016, section 2)
    slope = {"silu": 1.0, "gelu": 1.702}[ACTIVATION]
    gate = 0.5 + 0.5 * np.tanh(0.5 * slope * x)
    return x * gate, gate + slope * x * gate * (1 - gate)


def normalise(x):
    """`x` with each row brought to unit size, and what the gradient needs: the inverse size per row."""
    if NORM == "none":
        return x, None
    if NORM == "layer":
        x = x - x.mean(axis=1, keepdims=True)
    inverse = 1 / np.sqrt(np.square(x).mean(axis=1, keepdims=True) + 1e-5)
    return x * inverse, inverse


def normalise_gradient(d, normal, inverse):
    """Gradient with respect to the input of `normalise`, from that of its output `normal`."""
    if NORM == "none":
        return d
    if NORM == "layer":
        d = d - d.mean(axis=1, keepdims=True)
    return inverse * (d - normal * (d * normal).mean(axis=1, keepdims=True))


def forward(parameters: dict, contexts, rng=None):
    """Logits (rows, VOCABULARY) for contexts (rows, 32), and what the gradient needs. With `rng`, dropout is on."""
    contexts = contexts[:, MAX_CONTEXT - CONTEXT :]
    hidden = parameters["embed"][contexts].reshape(len(contexts), -1)
    layers = []
    for layer in range(DEPTH):
        inputs = hidden
        normal, inverse = normalise(inputs @ parameters[f"weight{layer}"] + (parameters[f"bias{layer}"] if NORM == "none" else 0))
        scaled = normal if NORM == "none" else normal * parameters[f"gain{layer}"] + parameters[f"bias{layer}"]
        hidden, slope = activate(scaled)
        if DROPOUT and rng is not None:
            mask = (rng.random(hidden.shape, dtype=np.float32) >= DROPOUT) * hidden.dtype.type(1 / (1 - DROPOUT))
            hidden, slope = hidden * mask, slope * mask
        if RESIDUAL and layer > 0:
            hidden = hidden + inputs
        layers.append((inputs, normal, inverse, slope))
    return hidden @ parameters["head"] + parameters["head_bias"], (contexts, layers, hidden)


def loss_and_gradients(parameters: dict, contexts, targets, rng=None):
    """Mean cross-entropy in nats of the targets, and the gradient of the (smoothed) loss for every parameter."""
    logits, (contexts, layers, hidden) = forward(parameters, contexts, rng)
    logits = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(logits)
    totals = exponentials.sum(axis=1, keepdims=True)
    rows = np.arange(len(targets))
    loss = float((np.log(totals[:, 0]) - logits[rows, targets]).mean())

    d = exponentials / totals - LABEL_SMOOTHING / VOCABULARY
    d[rows, targets] -= 1 - LABEL_SMOOTHING
    d = d / len(targets)
    gradients = {"head": hidden.T @ d, "head_bias": d.sum(axis=0)}
    d = d @ parameters["head"].T
    for layer in reversed(range(DEPTH)):
        inputs, normal, inverse, slope = layers[layer]
        skipped = d
        d = d * slope
        gradients[f"bias{layer}"] = d.sum(axis=0)
        if NORM != "none":
            gradients[f"gain{layer}"] = (d * normal).sum(axis=0)
            d = normalise_gradient(d * parameters[f"gain{layer}"], normal, inverse)
        gradients[f"weight{layer}"] = inputs.T @ d
        d = d @ parameters[f"weight{layer}"].T
        if RESIDUAL and layer > 0:
            d = d + skipped
    one_hot = (contexts.reshape(-1, 1) == np.arange(VOCABULARY)).astype(d.dtype)
    gradients["embed"] = one_hot.T @ d.reshape(-1, EMBED)
    return loss, gradients


def flatten(parameters: dict):
    """All parameters in one vector, and views of it by name: an optimizer then needs a few large operations."""
    vector = np.concatenate([value.ravel() for value in parameters.values()])
    return vector, views(vector, parameters)


def views(vector, parameters: dict) -> dict:
    """Views of `vector` with the names and shapes of `parameters`."""
    ends = np.cumsum([value.size for value in parameters.values()])
    return {name: vector[end - value.size : end].reshape(value.shape) for end, (name, value) in zip(ends, parameters.items())}


def update(vector, gradient, state: dict, step: int, rate: float) -> None:
    """One step of the optimizer, in place; `state` keeps its moments and `rate` is the share of the full learning rate."""
    if CLIP:
        gradient *= min(1.0, CLIP / float(np.sqrt(gradient @ gradient)))
    first, second = state["first"], state["second"]
    if OPTIMIZER == "sgd":
        change = gradient
    elif OPTIMIZER == "momentum":
        first *= MOMENTUM
        first += gradient
        change = first
    elif OPTIMIZER == "lion":  # Chen et al., "Symbolic discovery of optimization algorithms" (2023)
        change = np.sign(MOMENTUM * first + (1 - MOMENTUM) * gradient)
        first *= SECOND_MOMENT
        first += (1 - SECOND_MOMENT) * gradient
    else:
        second *= SECOND_MOMENT
        second += (1 - SECOND_MOMENT) * np.square(gradient)
        if OPTIMIZER == "adam":
            first *= MOMENTUM
            first += (1 - MOMENTUM) * gradient
            gradient = first / (1 - MOMENTUM**step)
        change = gradient / (np.sqrt(second / (1 - SECOND_MOMENT**step)) + TINY)
    if WEIGHT_DECAY:
        vector *= 1 - rate * WEIGHT_DECAY
    vector -= LEARNING_RATE * USUAL_RATES[OPTIMIZER] * rate * change


def rate_at(progress: float) -> float:
    """Share of the full learning rate when `progress` (0 to 1) of the budget is spent."""
    if progress < WARMUP:
        return (progress + 1e-3) / (WARMUP + 1e-3)
    left = (1 - progress) / (1 - WARMUP)
    return {"constant": 1.0, "linear": left, "cosine": 0.5 - 0.5 * np.cos(np.pi * left)}[SCHEDULE]


def main() -> None:
    rng = np.random.default_rng(int(os.environ.get("SEED", "0")))
    budget = Budget.of_environment()
    train_text, validation_text = texts()
    train_text = budget.meter(train_text)
    vector, parameters = flatten({name: budget.meter(value) for name, value in initial_parameters(rng).items()})
    state = {"first": np.zeros_like(vector), "second": np.zeros_like(vector)}
    averaged = vector.copy()
    evaluation = Evaluation(budget, validation_text)
    step, train_loss = 0, float(np.log(VOCABULARY))

    def predict(contexts):
        return forward(views(averaged, parameters) if AVERAGING else parameters, contexts)[0]

    while budget.another_step():
        if evaluation.due():
            evaluation.report(step, train_loss, predict)
        step += 1
        contexts, targets = examples(train_text, rng.integers(MAX_CONTEXT, len(train_text), BATCH))
        loss, gradients = loss_and_gradients(parameters, contexts, targets, rng)
        gradient = np.concatenate([gradients[name].ravel() for name in parameters])
        update(vector, gradient, state, step, rate_at(budget.progress()))
        if AVERAGING:
            averaged += (1 - min(AVERAGING, step / (step + 10))) * (vector - averaged)
        train_loss = loss if step == 1 else 0.99 * train_loss + 0.01 * loss
    evaluation.final(step, train_loss, predict)


if __name__ == "__main__":
    main()
