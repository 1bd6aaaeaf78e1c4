"""What every dancer has: its normalisation, its ears, and its left and right."""

import torch
from torch import Tensor, nn

from export.manifest import POSE_SIZE, StateSpec
from model.networks.layers import EncoderLayer
from motion.pose import MIRROR_PERMUTATION, MIRROR_SIGNS

# controls that act on the draw and on the output: no layer may hear them
APART = ("temperature", "mirror", "guidance", "tightness")


class Hearing(nn.Module):
    """A causal encoder with sliding-window local attention over features and beat, and the corpus's statistics."""

    mean: Tensor
    scale: Tensor
    feature_mean: Tensor
    feature_scale: Tensor
    asked: Tensor
    mirror_index: Tensor
    mirror_signs: Tensor

    def __init__(
        self,
        features: int,
        beat: int,
        control_names: tuple[str, ...],
        width: int,
        layers: int,
        heads: int,
        window: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.control_names = control_names
        self.register_buffer("mean", torch.zeros(POSE_SIZE))
        self.register_buffer("scale", torch.ones(POSE_SIZE))
        self.register_buffer("feature_mean", torch.zeros(features))
        self.register_buffer("feature_scale", torch.ones(features))
        asked = [float(name not in APART) for name in control_names]
        self.register_buffer("asked", torch.tensor(asked), persistent=False)
        self.register_buffer("mirror_index", torch.as_tensor(MIRROR_PERMUTATION).long(), persistent=False)
        self.register_buffer("mirror_signs", torch.as_tensor(MIRROR_SIGNS).float(), persistent=False)
        self.listen = nn.Linear(features + beat, width)
        self.encoder = nn.ModuleList(EncoderLayer(width, heads, window, dropout) for _ in range(layers))

    def set_statistics(self, statistics: dict[str, Tensor]) -> None:
        """Normalise by the corpus: pose_mean, pose_scale [140] (one scale a group), feature_mean, feature_scale [F]."""
        self.mean.copy_(statistics["pose_mean"])
        self.scale.copy_(statistics["pose_scale"])
        self.feature_mean.copy_(statistics["feature_mean"])
        self.feature_scale.copy_(statistics["feature_scale"])

    def rings(self) -> tuple[StateSpec, ...]:
        """The states of the encoder, one a layer."""
        return tuple(layer.attention.state(f"heard{i}") for i, layer in enumerate(self._layers()))

    def encode(self, features: Tensor, beat: Tensor) -> Tensor:
        """features [B,T,F], beat [B,T,K] -> context [B,T,width]."""
        x = self._audio(features, beat)
        for layer in self.encoder:
            x = layer(x)
        return x

    def encode_step(self, features: Tensor, beat: Tensor, rings: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """One frame, with each layer's ring and its ages: (context [B, width], a new row for each ring)."""
        x = self._audio(features, beat)
        rows = []
        for i, layer in enumerate(self._layers()):
            x, row = layer.step(x, rings[2 * i], rings[2 * i + 1])
            rows.append(row)
        return x, rows

    def control(self, controls: Tensor, name: str) -> Tensor:
        """[...] of controls [..., C]."""
        return controls[..., self.control_names.index(name)]

    def mirrored(self, pose: Tensor, controls: Tensor) -> Tensor:
        """The pose [B, 140], its sides exchanged where the control `mirror` is over one half."""
        other = pose[:, self.mirror_index] * self.mirror_signs
        return torch.where(self.control(controls, "mirror").unsqueeze(-1) > 0.5, other, pose)

    def _layers(self) -> list[EncoderLayer]:
        return [layer for layer in self.encoder if isinstance(layer, EncoderLayer)]

    def _audio(self, features: Tensor, beat: Tensor) -> Tensor:
        return self.listen(torch.cat([(features - self.feature_mean) / self.feature_scale, beat], dim=-1))
