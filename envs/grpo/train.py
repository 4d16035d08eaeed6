"""GRPO on problems with checkable answers: the policy samples groups of completions and learns from which were right.

Group-relative policy optimization is from Shao et al. (2024), "DeepSeekMath", arXiv 2402.03300, section 4.1. Everything
is here: settings, rewards, advantages, loss, optimizer, loop. `python train.py` trains for the fixed budget.
"""
import os
import time

import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM

import checkpoint
import variant
from budget import Budget
from data import Problem, Problems, prompt, read_problems
from evaluate import Evaluation
from grade import Grader
from rollout import Completion, open_rollouts
from tracking import Tracking

V = variant.of_environment()
SEED = int(os.environ.get("SEED", "0"))
SMOKE = bool(os.environ.get("SMOKE"))

# Settings: the recipe
LOSS = "grpo_clip"  # no_baseline, reinforce_with_baseline, grpo_clip
ADVANTAGE = "mean_std"  # mean_std, mean: what is taken from a group's rewards
LOSS_MEAN = "sequence"  # sequence, token, length: what the loss is a mean over
REWARD = "correct"  # correct, tagged: also a tenth for an answer in tags
CLIP = 0.2  # how far a probability's ratio may move within a step
GROUP = 8  # completions of a prompt
EPOCHS = 1  # times each completion is learned from
TEMPERATURE = 1.0  # of the rollouts
LEARNING_RATE = 1  # times the variant's usual rate, below
SCHEDULE = "constant"  # constant, linear: over the budget, down to 0
BETAS = (0.9, 0.95)
WEIGHT_DECAY = 0
GRADIENT_CLIP = 1  # largest norm of a gradient

# Settings: by size. An update takes micro_batch * accumulate completions; a GRPO step takes prompts * GROUP.
SIZES = {
    "full": {"steps": 20, "prompts": 128, "micro_batch": 4, "accumulate": 16, "rate": 1e-5, "optimizer_on": "cuda"},
    "24gb": {"steps": 20, "prompts": 128, "micro_batch": 2, "accumulate": 32, "rate": 1e-5, "optimizer_on": "cpu"},
    "cpu-smoke": {"steps": 20, "prompts": 32, "micro_batch": 32, "accumulate": 2, "rate": 3e-4, "optimizer_on": "cpu"},
}
SIZE = SIZES[V.name] | ({"steps": 1, "prompts": 2} if SMOKE else {})
GRADIENT_CHECKPOINTING = V.name == "24gb"  # activations are computed twice and not kept
CHECKPOINT_EVERY = 4  # steps
TINY = 1e-6
LOGGED = ("LOSS", "ADVANTAGE", "LOSS_MEAN", "REWARD", "CLIP", "GROUP", "EPOCHS", "TEMPERATURE", "LEARNING_RATE", "SCHEDULE", "BETAS",
          "WEIGHT_DECAY", "GRADIENT_CLIP")  # what trackers are told


def group_advantages(rewards: torch.Tensor, how: str) -> torch.Tensor:
    """Rewards (prompts, group) less their group's mean, and with "mean_std" divided by its standard deviation.

    A group of equal rewards teaches nothing: its advantages are 0. The deviation is the unbiased one, as torch takes it.
    """
    rewards = rewards.double()  # in single precision the mean of equal rewards can differ from them by as much as TINY
    centred = rewards - rewards.mean(dim=1, keepdim=True)
    if how == "mean_std":
        centred = centred / (rewards.std(dim=1, keepdim=True) + TINY)
    return centred.float()


def per_token_loss(kind: str, logp: torch.Tensor, old_logp: torch.Tensor | None, rewards: torch.Tensor, advantages: torch.Tensor,
                   clip: float) -> torch.Tensor:
    """The loss of every token, shape (rows, tokens), from its log-probability now and when it was sampled.

    Rewards and advantages are (rows,).
    no_baseline: reward times log-probability (Williams 1992). reinforce_with_baseline: the same with the advantage.
    grpo_clip: minus the smaller of ratio * advantage and clipped ratio * advantage (Schulman et al. 2017, arXiv 1707.06347, equation 7).
    """
    if kind == "no_baseline":
        return -rewards[:, None] * logp
    if kind == "reinforce_with_baseline":
        return -advantages[:, None] * logp
    if kind == "grpo_clip":
        ratio = torch.exp(logp - old_logp)
        clipped = ratio.clamp(1 - clip, 1 + clip)
        return -torch.minimum(ratio * advantages[:, None], clipped * advantages[:, None])
    raise ValueError(f"LOSS is {kind!r}: it must be no_baseline, reinforce_with_baseline or grpo_clip")


def loss_over(losses: torch.Tensor, mask: torch.Tensor, how: str, rows: int, tokens: int) -> torch.Tensor:
    """A micro-batch's share of the loss of its update, which has `rows` rows and `tokens` tokens; `mask` is 1 on completions.

    sequence: the mean over each completion's tokens, then over completions. token: over all tokens alike, so that long
    completions weigh more. length: sums over the longest length allowed (Liu et al. 2025, arXiv 2503.20783), then over completions.
    """
    sums = (losses * mask).sum(dim=1)
    if how == "sequence":
        return (sums / mask.sum(dim=1).clamp(min=1)).sum() / rows
    if how == "token":
        return sums.sum() / tokens
    return sums.sum() / (V.new_tokens * rows)


def log_probabilities(model, completions: list[Completion], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities of the completions' tokens at the rollouts' temperature, and the mask of real ones.

    Both have the shape (rows, longest completion).
    """
    before = max(len(completion.prompt_ids) for completion in completions)
    after = max(len(completion.token_ids) for completion in completions)
    ids, attention = [], []
    for completion in completions:
        left, right = before - len(completion.prompt_ids), after - len(completion.token_ids)
        ids.append([pad] * left + completion.prompt_ids + completion.token_ids + [pad] * right)
        attention.append([0] * left + [1] * (before + after - left - right) + [0] * right)
    ids, attention = torch.tensor(ids, device=V.device), torch.tensor(attention, device=V.device)
    positions = (attention.cumsum(dim=1) - 1).clamp(min=0)
    output = model(input_ids=ids, attention_mask=attention, position_ids=positions, logits_to_keep=after + 1, use_cache=False)
    logits = output.logits[:, :-1].float()
    if TEMPERATURE != 1:  # else spare the copy: logits are gigabytes
        logits = logits / TEMPERATURE
    targets, mask = ids[:, before:], attention[:, before:]
    costs = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return -costs.view(targets.shape), mask


def training_rewards(grader: Grader, problems: list[Problem], groups: list[list[Completion]]) -> torch.Tensor:
    """Rewards (prompts, group): 1 for a right answer. They are the recipe's choice; the evaluation has its own grading."""
    texts = [completion.text for group in groups for completion in group]
    correct = grader.grade([problem.answer for problem in problems for _ in range(GROUP)], texts)
    rewards = torch.tensor(correct, dtype=torch.float32)
    if REWARD == "tagged":
        rewards += 0.1 * torch.tensor(["</think>" in text and "<answer>" in text and "</answer>" in text for text in texts])
    return rewards.view(len(problems), GROUP)


class Optimizer:
    """AdamW on float32 copies of the weights: a rate of 1e-5 moves a bfloat16 weight by less than its last digit.

    Gradients are added up in float32 as they come. Copies and moments lie on `device`, which for a small GPU is the CPU.
    """

    def __init__(self, model, device: str):
        self.weights = [weight for weight in model.parameters() if weight.requires_grad]
        self.copies = [weight.detach().to(device, torch.float32, copy=True) for weight in self.weights]
        self.adam = torch.optim.AdamW(self.copies, lr=1.0, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True)
        self.sums: dict = {}
        for weight in self.weights:
            weight.register_post_accumulate_grad_hook(self._add)

    def _add(self, weight: torch.Tensor) -> None:
        if weight in self.sums:
            self.sums[weight] += weight.grad
        else:
            self.sums[weight] = weight.grad.float()
        weight.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> float:
        """One update from the gradients since the last; returns their norm before it is clipped."""
        norm = torch.nn.utils.get_total_norm(list(self.sums.values()))
        share = min(1.0, GRADIENT_CLIP / (float(norm) + TINY))
        for weight, copy in zip(self.weights, self.copies):
            copy.grad = self.sums.pop(weight).mul_(share).to(copy.device)
        for settings in self.adam.param_groups:
            settings["lr"] = rate
        self.adam.step()
        self.adam.zero_grad()
        self._write()
        return float(norm)

    @torch.no_grad()
    def _write(self) -> None:
        for weight, copy in zip(self.weights, self.copies):
            weight.copy_(copy)

    def state(self) -> dict:
        return {"copies": self.copies, "adam": self.adam.state_dict()}

    def resume(self, state: dict) -> None:
        for copy, saved in zip(self.copies, state["copies"]):
            copy.copy_(saved)
        self.adam.load_state_dict(state["adam"])
        self._write()


def learn(model, optimizer: Optimizer, completions: list[Completion], rewards: torch.Tensor, advantages: torch.Tensor, pad: int,
          rate: float) -> dict:
    """The updates of one GRPO step from its completions; rewards and advantages are (completions,). Returns figures by name."""
    micro, update = SIZE["micro_batch"], SIZE["micro_batch"] * SIZE["accumulate"]
    rewards, advantages = rewards.to(V.device), advantages.to(V.device)
    old: dict[int, torch.Tensor] = {}
    if LOSS == "grpo_clip":
        with torch.no_grad():
            for start in range(0, len(completions), micro):
                old[start] = log_probabilities(model, completions[start : start + micro], pad)[0]
    norms, clipped, moved = [], [], []
    for _ in range(EPOCHS):
        for first in range(0, len(completions), update):
            last = min(first + update, len(completions))
            tokens = sum(len(completion.token_ids) for completion in completions[first:last])
            for start in range(first, last, micro):
                rows = slice(start, min(start + micro, last))
                logp, mask = log_probabilities(model, completions[rows], pad)
                losses = per_token_loss(LOSS, logp, old.get(start), rewards[rows], advantages[rows], CLIP)
                loss_over(losses, mask, LOSS_MEAN, last - first, tokens).backward()
                if start in old:
                    ratio = torch.exp(logp.detach() - old[start])[mask.bool()]
                    clipped.append(((ratio - 1).abs() > CLIP).float().mean())
                    moved.append((ratio - 1).abs().mean())
            norms.append(optimizer.step(rate))
    figures = {"gradient_norm": sum(norms) / len(norms)}
    if old:
        figures |= {"clipped": float(torch.stack(clipped).mean()), "ratio_moved": float(torch.stack(moved).mean())}
    return figures


def rate_at(progress: float) -> float:
    """The learning rate when `progress` (0 to 1) of the budget, or of the steps if that is more, is done."""
    return SIZE["rate"] * LEARNING_RATE * {"constant": 1.0, "linear": 1.0 - progress}[SCHEDULE]


def load_policy():
    """The model from the variant's folder. Raises FileNotFoundError where there is none."""
    if not (V.model / "config.json").is_file():
        what = "tiny" if V.name == "cpu-smoke" else "model"
        raise FileNotFoundError(f"there is no model in {V.model}: run `python prepare.py {what}` (README.md)")
    model = AutoModelForCausalLM.from_pretrained(V.model, dtype=getattr(torch, V.dtype), attn_implementation="sdpa").to(V.device)
    if GRADIENT_CHECKPOINTING:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    return model.train()


def main() -> None:
    # proving-ground: protected
    budget = Budget(V.budget)
    # proving-ground: end
    if V.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit(f"the variant {V.name} needs an NVIDIA GPU and torch finds none; VARIANT=cpu-smoke runs without")
    if V.device == "cpu":
        torch.set_num_threads(1)  # the same sums in the same order
    torch.manual_seed(SEED)
    problems = Problems(read_problems(V.data / "train.jsonl"), SEED)
    model = load_policy()
    optimizer = Optimizer(model, SIZE["optimizer_on"])
    tracking = Tracking("grpo", {"variant": V.name, "seed": SEED, **SIZE, **{name: globals()[name] for name in LOGGED}})
    with Grader() as grader:
        # proving-ground: protected
        rollouts = open_rollouts(V)
        evaluation = Evaluation(V, budget, rollouts, grader, tracking)
        # proving-ground: end
        step = resume(budget, optimizer, problems, evaluation)
        if step == 0:
            evaluation.report(0, model)
        while step < SIZE["steps"] and budget.another_step():
            step += 1
            began = time.monotonic()
            asked = problems.next(SIZE["prompts"])
            groups = rollouts.generate(model, [prompt(problem.question) for problem in asked], samples=GROUP, new_tokens=V.new_tokens,
                                       temperature=TEMPERATURE, top_p=1.0, seed=SEED * 1_000_003 + step)
            sampled = time.monotonic()
            rewards = training_rewards(grader, asked, groups)
            graded = time.monotonic()
            completions = [completion for group in groups for completion in group]
            rate = rate_at(max(budget.progress(), (step - 1) / SIZE["steps"]))
            advantages = group_advantages(rewards, ADVANTAGE)
            figures = learn(model, optimizer, completions, rewards.flatten(), advantages.flatten(), rollouts.tokenizer.eos_token_id, rate)
            line = {"step": step, "seconds": round(budget.spent(), 3), "reward": float(rewards.mean()),
                    "mixed_groups": float((rewards.std(dim=1) > 0).float().mean()),
                    "tokens": sum(len(completion.token_ids) for completion in completions) / len(completions), **figures,
                    "learning_rate": rate, "rollout_seconds": sampled - began, "reward_seconds": graded - sampled,
                    "update_seconds": time.monotonic() - graded, "grading_timeouts": grader.timeouts}
            tracking.log(line)
            print(f"step {step:4d}  {budget.spent():7.1f} of {budget.total:.0f} s  reward {line['reward']:.3f}  "
                  f"{line['tokens']:.0f} tokens  gradient {line['gradient_norm']:.3f}  (rollouts {line['rollout_seconds']:.1f} s, "
                  f"rewards {line['reward_seconds']:.1f} s, updates {line['update_seconds']:.1f} s)", flush=True)
            if evaluation.due(step):
                evaluation.report(step, model)
            if step % CHECKPOINT_EVERY == 0 and step < SIZE["steps"]:
                checkpoint.save(budget, {"step": step, "optimizer": optimizer.state(), "problems": problems.position,
                                         "evaluation": evaluation.state(), "random": torch.get_rng_state(),
                                         "random_gpu": torch.cuda.get_rng_state_all() if V.device == "cuda" else []})
        evaluation.final(step, model)
    tracking.close()
    checkpoint.remove()


def resume(budget: Budget, optimizer: Optimizer, problems: Problems, evaluation: Evaluation) -> int:
    """Takes up the last checkpoint where a run was cut off in this folder; the step it was at, 0 at a first start."""
    state = checkpoint.load(budget)
    if state is None:
        return 0
    optimizer.resume(state["optimizer"])
    problems.position = state["problems"]
    evaluation.resume(state["evaluation"])
    torch.set_rng_state(state["random"])
    if state["random_gpu"]:
        torch.cuda.set_rng_state_all(state["random_gpu"])
    print(f"resumed after step {state['step']}, {budget.spent():.1f} s of the budget spent", flush=True)
    return state["step"]


if __name__ == "__main__":
    main()
