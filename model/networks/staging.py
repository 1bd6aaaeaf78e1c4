"""Keeping a dancer on its stage, inside the graph of the network."""

import torch
from torch import Tensor

from motion.pose import CONTACTS, ROOT_HEIGHT, ROTATIONS, VELOCITY, YAW_RATE

FPS = 15.0
STAGE_RADIUS = 1.2  # m: inside it the dancer walks as it likes
TETHER = 0.5  # 1/s: pull towards the stage beyond the radius


def on_stage(pose: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
    """Pull a pose [B, 140] that strays back; place [B, 3] is x, z (m) and yaw (rad) before it. Returns both anew."""
    x, z, yaw = place.unbind(-1)
    distance = torch.sqrt(x * x + z * z + 1e-6)
    pull = TETHER * torch.relu(distance - STAGE_RADIUS) / distance
    cos, sin = yaw.cos(), yaw.sin()
    side, ahead = pose[:, VELOCITY].unbind(-1)
    side, ahead = side - pull * (x * cos - z * sin), ahead - pull * (x * sin + z * cos)
    place = torch.stack(
        [
            x + (side * cos + ahead * sin) / FPS,
            z + (ahead * cos - side * sin) / FPS,
            yaw + pose[:, YAW_RATE].squeeze(-1) / FPS,
        ],
        dim=-1,
    )
    kept = [
        pose[:, ROOT_HEIGHT],
        torch.stack([side, ahead], dim=-1),
        pose[:, YAW_RATE],
        pose[:, ROTATIONS],
        pose[:, CONTACTS].clamp(0.0, 1.0),
    ]
    return torch.cat(kept, dim=-1), place
