"""What a person sees of a training run: the bar, TensorBoard, the validation loss and a rendered sample."""

import json
import time
from pathlib import Path
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from audio.config import FRAME_RATE
from model.corpus import Sequence
from model.loader import Crops
from model.render import strip
from model.trainer import VALIDATION_LOG, Trainer, seed_all

VALIDATION_BATCHES = 4
SAMPLE_SECONDS = 20


class Watch:
    """Called after every step of the leading process; saves, validates and draws when it is time."""

    def __init__(
        self,
        folder: Path,
        validation: Crops,
        shown: Sequence,
        save_every: float,
        validate_every: float,
        begins_at: int = 0,
    ) -> None:
        """shown: the sequence that is drawn. Intervals in seconds. begins_at: the first step of a resumed run."""
        self.folder, self.validation, self.shown = folder, validation, shown
        self.save_every, self.validate_every = save_every, validate_every
        self.metrics: dict[str, float] = {}
        self.board = SummaryWriter(str(folder / "tensorboard"), purge_step=begins_at or None)
        self.saved = self.validated = time.monotonic()
        self.bar: tqdm[Any] | None = None
        self.told = -1.0

    def __call__(self, trainer: Trainer) -> None:
        """One step is over."""
        self._tell(trainer)
        now = time.monotonic()
        if now - self.validated >= self.validate_every:
            self.validate(trainer)
            self.validated = time.monotonic()
        if now - self.saved >= self.save_every and trainer.can_save:
            trainer.save(self.metrics)
            self.saved = time.monotonic()

    def validate(self, trainer: Trainer) -> None:
        """Losses of the averaged weights on the validation split, with the truth fed and without, and a drawn dance."""
        frames, network = self.validation.frames, trainer.averaged
        for name, alone in (("teacher", False), ("free", True)):
            own = torch.full((frames,), alone)
            total: dict[str, float] = {}
            for i in range(VALIDATION_BATCHES):
                seed_all(0, i, 0)
                with torch.no_grad():
                    loss, parts = network.loss(self.validation.batch(i), own)  # type: ignore[operator]
                for key, value in {"loss": loss, **parts}.items():
                    total[key] = total.get(key, 0.0) + float(value) / VALIDATION_BATCHES
            self.metrics[f"validation_{name}"] = total["loss"]
            for key, value in total.items():
                self.board.add_scalar(f"validation_{name}/{key}", value, trainer.step)
        with (self.folder / VALIDATION_LOG).open("a") as log:
            log.write(json.dumps({"step": trainer.step, **self.metrics}) + "\n")
        self._draw(trainer)

    def _draw(self, trainer: Trainer) -> None:
        frames = min(len(self.shown.pose), SAMPLE_SECONDS * FRAME_RATE)
        device = next(trainer.averaged.parameters()).device
        series = [getattr(self.shown, name)[None, :frames] for name in ("features", "beat", "controls")]
        heard = [torch.from_numpy(values).to(device) for values in series]
        seed_all(0, 0, 0)
        noise = torch.rand(1, frames, trainer.averaged.noise_size, device=device)  # type: ignore[call-overload]
        with torch.no_grad():
            dance = trainer.averaged(*heard, noise)[0].float().cpu().numpy()
        picture = strip({f"recorded: {self.shown.name}": self.shown.pose[:frames], "danced": dance}, FRAME_RATE)
        (self.folder / "samples").mkdir(exist_ok=True)
        picture.savefig(self.folder / "samples" / f"{trainer.step:08d}.png")
        self.board.add_figure("dance", picture, trainer.step)

    def _tell(self, trainer: Trainer) -> None:
        """Move the bar; write the newest losses beside it and to the board."""
        if self.bar is None:
            self.bar = tqdm(
                total=1000, desc="training", dynamic_ncols=True,
                bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}",
            )  # fmt: skip
            self.bar.initial = self.bar.n = int(1000 * trainer.plan.done(trainer.step - 1, trainer.seconds))
        ahead = int(1000 * trainer.plan.done(trainer.step, trainer.seconds)) - self.bar.n
        last = trainer.last
        if last and last["step"] != self.told:
            self.told = last["step"]
            self.bar.set_postfix(step=trainer.step, loss=f"{last['loss']:.4f}", refresh=False)
            for key, value in last.items():
                if key != "step":
                    self.board.add_scalar(f"train/{key}", value, int(last["step"]))
            self.board.add_scalar("train/rate", trainer.optimiser.param_groups[0]["lr"], int(last["step"]))
        if ahead > 0:
            self.bar.update(ahead)

    def close(self) -> None:
        """Finish the bar and the board's file."""
        if self.bar is not None:
            self.bar.close()
        self.board.close()
