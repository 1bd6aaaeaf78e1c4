"""Random crops of a corpus. What step s trains on depends on (seed, s, rank) alone, so a resumed run sees the same."""

import zipfile
from collections.abc import Sequence as Several
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model.checkpoint import ModelError
from model.corpus import Corpus, Sequence
from motion.pose import MIRROR_PERMUTATION, MIRROR_SIGNS

SERIES = ("features", "beat", "controls", "pose")


def load_corpus(path: Path) -> Corpus:
    """A corpus that training kept; raises ModelError where the file is none."""
    try:
        return Corpus.load(path)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as err:
        raise ModelError(f"{path} is no prepared corpus ({err}): delete it, and it is made again") from None


class Crops:
    """All sequences on one device, cut at random into `frames` frames; half of the crops are mirrored.

    Crops are drawn evenly over all places where a crop can begin. A sequence shorter than a crop is held on its
    last frame, with weight 0 there.
    """

    def __init__(
        self, sequences: Several[Sequence], frames: int, batch: int, seed: int, device: str, mirror: bool = True
    ) -> None:
        self.frames, self.size, self.seed, self.mirror = frames, batch, seed, mirror
        self._data = {
            name: torch.from_numpy(np.concatenate([getattr(s, name) for s in sequences]).astype(np.float32)).to(device)
            for name in SERIES
        }
        self._weight = torch.from_numpy(np.stack([s.weight for s in sequences]).astype(np.float32)).to(device)
        self._length = np.array([len(s.pose) for s in sequences])
        self._begin = np.cumsum(self._length) - self._length
        self._places = np.cumsum(np.maximum(self._length - frames + 1, 1))
        self._permutation = torch.from_numpy(MIRROR_PERMUTATION).to(device)
        self._signs = torch.from_numpy(MIRROR_SIGNS).to(device)

    def batch(self, step: int, rank: int = 0, world: int = 1) -> dict[str, Tensor]:
        """features [B,T,F], beat [B,T,K], controls [B,T,C], pose [B,T,140], weight [B,T,140] of this step.

        `world` processes draw one batch of world * B crops and take their own B of it.
        """
        rng = np.random.default_rng((self.seed, step))
        place = rng.integers(self._places[-1], size=world * self.size)
        flip = rng.random(world * self.size) < 0.5 * self.mirror
        mine = slice(rank * self.size, (rank + 1) * self.size)
        return self._cut(place[mine], flip[mine])

    def _cut(self, place: np.ndarray, flip: np.ndarray) -> dict[str, Tensor]:
        which = np.searchsorted(self._places, place, side="right")
        start = place - np.concatenate([[0], self._places])[which]
        frame = start[:, None] + np.arange(self.frames)
        held = frame >= self._length[which, None]
        index = self._begin[which, None] + np.minimum(frame, self._length[which, None] - 1)
        device = self._weight.device
        batch = {name: series[torch.from_numpy(index).to(device)] for name, series in self._data.items()}
        weight = self._weight[torch.from_numpy(which).to(device)]
        turned = torch.from_numpy(flip).to(device)
        batch["pose"] = torch.where(
            turned[:, None, None], batch["pose"][..., self._permutation] * self._signs, batch["pose"]
        )
        weight = torch.where(turned[:, None], weight[:, self._permutation], weight)
        batch["weight"] = weight[:, None] * torch.from_numpy(~held).to(device)[..., None]
        return batch
