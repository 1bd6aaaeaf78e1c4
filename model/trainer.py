"""One training run: the optimiser, the averaged weights, what is logged and what a checkpoint must hold."""

import copy
import hashlib
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from model import checkpoint
from model.checkpoint import ModelError
from model.curriculum import Schedule
from model.distributed import World, average, lead, shared
from model.loader import Crops

LOG, VALIDATION_LOG = "loss.jsonl", "validation.jsonl"
FLUSH = 16  # steps between two looks at the losses, so that a GPU need not wait for us


@dataclass(frozen=True)
class Plan:
    """How long and how to train. steps and minutes: the run ends at the first that is reached."""

    steps: int | None = 20_000
    minutes: float | None = None
    rate: float = 1e-3  # the highest learning rate
    warm_up: int = 100  # steps
    decay: float = 0.01  # AdamW's, on matrices only
    clip: float = 1.0  # norm of the gradient
    average: float = 0.999  # of the weights, a step
    schedule: Schedule = field(default_factory=Schedule)
    seed: int = 0
    precision: str = "fp32"  # fp32 | bf16

    def done(self, step: int, seconds: float) -> float:
        """The share of the training that is over, 0..1."""
        shares = [0.0]
        if self.steps is not None:
            shares.append(step / self.steps)
        if self.minutes is not None:
            shares.append(seconds / (60 * self.minutes))
        return min(max(shares), 1.0)

    def rate_at(self, step: int, done: float) -> float:
        """Linear warm-up, then half a cosine down to a fiftieth."""
        return self.rate * min(1.0, (step + 1) / self.warm_up) * (0.51 + 0.49 * math.cos(math.pi * done))


class Trainer:
    """Holds everything that changes from step to step; `save` and `restore` carry all of it."""

    def __init__(self, network: nn.Module, crops: Crops, plan: Plan, folder: Path, about: dict[str, Any], place: World):
        self.network, self.crops, self.plan, self.folder, self.place = network, crops, plan, folder, place
        self.about = about
        self.averaged = copy.deepcopy(network).eval().requires_grad_(False)
        self.losses = shared(network, place)
        matrices = [p for p in network.parameters() if p.ndim > 1]
        others = [p for p in network.parameters() if p.ndim <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": plan.decay}, {"params": others, "weight_decay": 0.0}], lr=plan.rate
        )
        self.step, self.seconds = 0, 0.0
        self.last: dict[str, float] = {}  # the newest line of the loss log
        self._pending: list[tuple[int, dict[str, Tensor]]] = []

    def run(self, stop: Callable[[], bool], each: Callable[["Trainer"], None]) -> None:
        """Train to the end of the plan or until `stop`; `each` is called after every step."""
        last = time.monotonic()
        while True:
            now = time.monotonic()
            self.seconds += now - last
            last = now
            mine = [self.plan.done(self.step, self.seconds), float(stop())]
            done, stopped = lead(mine, self.place)
            if done >= 1.0 or stopped:
                return
            self._step(done)
            each(self)

    def _step(self, done: float) -> None:
        seed_all(self.plan.seed, self.step, self.place.rank)
        self.network.train()
        rate = self.plan.rate_at(self.step, done)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        batch = self.crops.batch(self.step, self.place.rank, self.place.size)
        own = torch.from_numpy(self.plan.schedule.own(done, self.crops.frames))
        with torch.autocast(self.place.device.split(":")[0], torch.bfloat16, enabled=self.plan.precision == "bf16"):
            loss, parts = self.losses(batch, own)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.clip)
        self.optimiser.step()
        self._average()
        self._pending.append((self.step, {"loss": loss.detach(), **parts, "gradient": norm.detach()}))
        self.step += 1
        if self.step % FLUSH == 0:
            self.flush()

    @torch.no_grad()
    def _average(self) -> None:
        # young averages follow quickly, so that the random start is soon forgotten
        keep = min(self.plan.average, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(self.averaged.parameters()), list(self.network.parameters()), 1.0 - keep)
        for slow, fast in zip(self.averaged.buffers(), self.network.buffers(), strict=True):
            slow.copy_(fast)

    @property
    def can_save(self) -> bool:
        """Saving averages the pending losses over all processes, so it must fall where all of them flush."""
        return self.place.size == 1 or self.step % FLUSH == 0

    def flush(self) -> None:
        """Append the losses since the last call to loss.jsonl.

        Raises ModelError where one is not finite, before a broken network can be saved.
        """
        if not self._pending:
            return
        names = list(self._pending[0][1])
        table = torch.stack([torch.stack([parts[n].float() for n in names]) for _, parts in self._pending])
        values = average(table, self.place).tolist()
        rows = [
            {"step": step, **dict(zip(names, row, strict=True))}
            for (step, _), row in zip(self._pending, values, strict=True)
        ]
        self._pending, self.last = [], rows[-1]
        for row in rows:
            if not all(map(math.isfinite, row.values())):
                raise ModelError(f"the loss is not finite at step {row['step']}: lower --lr, then --resume")
        if self.place.leads:
            with (self.folder / LOG).open("a") as log:
                log.writelines(json.dumps(row) + "\n" for row in rows)

    def save(self, metrics: dict[str, float]) -> None:
        """Write a checkpoint of this very step; in the leading process alone."""
        self.flush()
        if not self.place.leads:
            return
        tensors = {f"raw/{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"average/{name}": value for name, value in self.averaged.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            for key, value in self.optimiser.state.get(parameter, {}).items():
                tensors[f"adam/{key}/{name}"] = value
        told = {"step": str(self.step), "seconds": repr(self.seconds)}
        # the training file comes last: where it is, the others are
        checkpoint.save_model(self.folder, self.averaged, {**self.about, "step": self.step, "metrics": metrics})
        checkpoint.save_training(self.folder, tensors, told)

    def restore(self) -> None:
        """Go on where the folder's checkpoint was written; later lines of its logs are cut off. Raises ModelError."""
        tensors, told = checkpoint.load_training(self.folder)
        for prefix, network in (("raw/", self.network), ("average/", self.averaged)):
            weights = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
            checkpoint.load_weights(network, weights, self.folder)
        for name, parameter in self.network.named_parameters():
            found = {key: tensors.get(f"adam/{key}/{name}") for key in ("step", "exp_avg", "exp_avg_sq")}
            moments = {key: value for key, value in found.items() if value is not None}
            if moments:
                # Adam keeps its step count on the CPU
                self.optimiser.state[parameter] = {
                    key: value if key == "step" else value.to(parameter.device) for key, value in moments.items()
                }
        self.step, self.seconds = int(told["step"]), float(told["seconds"])
        if self.place.leads:
            _cut_log(self.folder / LOG, self.step - 1)
            _cut_log(self.folder / VALIDATION_LOG, self.step)


def seed_all(seed: int, step: int, rank: int) -> None:
    """Seed torch from (seed, step, rank), so that no state of a generator need be saved."""
    digest = hashlib.blake2b(f"{seed} {step} {rank}".encode(), digest_size=8).digest()
    torch.manual_seed(int.from_bytes(digest, "little") >> 1)


def _cut_log(path: Path, last: int) -> None:
    """Keep the lines up to step `last`; a line that a kill cut in two is dropped too."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text().splitlines(keepends=True):
        if not line.endswith("\n") or json.loads(line)["step"] > last:
            break
        kept.append(line)
    fresh = path.with_suffix(".new")
    fresh.write_text("".join(kept))
    os.replace(fresh, path)
