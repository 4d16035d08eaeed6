"""The processes of one run: one, or several started by torchrun, and the few words they exchange."""
import os

import torch
import torch.distributed as dist


class Ranks:
    """This process among `world` of them. `rank` counts from 0; `device` is this process's own GPU or the processor."""

    def __init__(self, rank: int, world: int, device: torch.device):
        self.rank, self.world, self.device = rank, world, device

    @classmethod
    def of_environment(cls, device: str) -> "Ranks":
        """The process torchrun started, or the only one. Raises SystemExit when `device` is "cuda" and there is no GPU for it."""
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", os.path.abspath("compiled"))  # a contained run can write to its own folder only
        rank, world, local = (int(os.environ.get(name, default)) for name, default in (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_RANK", 0)))
        if device == "cuda":
            if local >= torch.cuda.device_count():
                raise SystemExit(f"process {local} finds {torch.cuda.device_count()} GPUs here: start at most one process for each, "
                                 "or try the code with VARIANT=cpu-smoke, which needs none")
            torch.cuda.set_device(local)
        else:
            torch.set_num_threads(1)
        if world > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if device == "cuda" else "gloo")
        return cls(rank, world, torch.device(device, local) if device == "cuda" else torch.device("cpu"))

    def synchronize(self) -> None:
        """Waits until this process's GPU has done all it was asked to."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def decided(self, values: list) -> list:
        """Rank 0's numbers, in every process."""
        if self.world == 1:
            return values
        shared = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.broadcast(shared, 0)
        return shared.tolist()

    def total(self, values: list) -> list:
        """The sum of each number over all processes."""
        if self.world == 1:
            return values
        shared = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(shared)
        return shared.tolist()

    def gathered(self, value) -> list:
        """One value of every process, in the order of ranks; any object that can be pickled."""
        if self.world == 1:
            return [value]
        values = [None] * self.world
        dist.all_gather_object(values, value)
        return values

    def average_gradients(self, parameters) -> None:
        """Replaces every gradient by its mean over all processes."""
        if self.world == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        for handle in [dist.all_reduce(gradient, async_op=True) for gradient in gradients]:
            handle.wait()
        torch._foreach_div_(gradients, self.world)

    def close(self) -> None:
        """Ends the exchange; the last call of a run."""
        if self.world > 1:
            dist.destroy_process_group()
