"""One process or many: the few places where training must know (torchrun sets the environment)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class World:
    """rank: which process this is. size: how many there are. device: where this one computes."""

    rank: int
    size: int
    device: str

    @property
    def leads(self) -> bool:
        """True in the one process that writes files and talks."""
        return self.rank == 0


class Losses(nn.Module):
    """`network.loss` as a forward, because only a forward is watched by DDP."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: dict[str, Tensor], own: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """(loss, parts), as the network's own `loss`."""
        loss: tuple[Tensor, dict[str, Tensor]] = self.network.loss(batch, own)  # type: ignore[operator]
        return loss


@contextmanager
def world(device: str) -> Iterator[World]:
    """Join the other processes that torchrun started, if any: NCCL on cuda, gloo on cpu; leave them at the end."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World(0, 1, device)
        return
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if device == "cuda":
        device = f"cuda:{local}"
        torch.cuda.set_device(local)
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        yield World(dist.get_rank(), size, device)
    finally:
        dist.destroy_process_group()


def shared(network: nn.Module, place: World) -> nn.Module:
    """The training form of a network: (batch, own) -> (loss, parts), gradients averaged over all processes."""
    losses = Losses(network)
    # a curriculum may leave a part of the network out of a step
    return DistributedDataParallel(losses, find_unused_parameters=True) if place.size > 1 else losses


def average(values: Tensor, place: World) -> Tensor:
    """Mean of a tensor over all processes."""
    if place.size > 1:
        dist.all_reduce(values)
        values = values / place.size
    return values


def lead(values: list[float], place: World) -> list[float]:
    """The leading process's numbers, in every process: clocks and signals differ between them."""
    if place.size == 1:
        return values
    tensor = torch.tensor(values, dtype=torch.float64, device=place.device)
    dist.broadcast(tensor, 0)
    told: list[float] = tensor.tolist()
    return told


@contextmanager
def leader_first(place: World) -> Iterator[None]:
    """The leading process runs the block alone, then all others do: what it wrote, they find."""
    if place.size > 1 and not place.leads:
        dist.barrier()
    yield
    if place.size > 1 and place.leads:
        dist.barrier()
