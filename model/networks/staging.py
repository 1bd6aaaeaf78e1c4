"""Keeping a dancer on its stage, inside the graph of the network."""

import math

import torch
from torch import Tensor

from motion.pose import CONTACTS, ROOT_HEIGHT, ROTATIONS, VELOCITY, YAW_RATE

FPS = 15.0
STAGE_RADIUS = 1.2  # m: inside it the dancer walks as it likes
TETHER = 0.5  # 1/s: pull towards the stage beyond the radius
FREE_RADIUS = 0.6  # m: outside it the dancer likes to walk home
FREE_TURN = math.radians(40.0)  # from the audience: beyond it the dancer likes to turn back


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


def homeward(place: Tensor) -> Tensor:
    """[B, 2] metres to the left and ahead of the dancer at which home lies, beyond what is free; place [B, 3]."""
    x, z, yaw = place.unbind(-1)
    distance = torch.sqrt(x * x + z * z + 1e-6)
    far = torch.relu(distance - FREE_RADIUS) / distance
    cos, sin = yaw.cos(), yaw.sin()
    return torch.stack([-far * (x * cos - z * sin), -far * (x * sin + z * cos)], dim=-1)


def frontward(place: Tensor) -> Tensor:
    """[B, 1] radians to turn, positive to the left, until the dancer faces +Z, beyond what is free; place [B, 3]."""
    yaw = place[:, 2:]
    away = yaw - 2.0 * math.pi * torch.round(yaw / (2.0 * math.pi))
    return -away.sign() * torch.relu(away.abs() - FREE_TURN)


def walked(velocity: Tensor, yaw_rate: Tensor, fps: float) -> Tensor:
    """[..., 2] metres to the left and ahead that [..., T, 2] m/s and [..., T] rad/s lead, seen from their beginning."""
    yaw = (torch.cumsum(yaw_rate, dim=-1) - yaw_rate) / fps
    cos, sin = yaw.cos(), yaw.sin()
    side, ahead = velocity.unbind(-1)
    return torch.stack([side * cos + ahead * sin, ahead * cos - side * sin], dim=-1).sum(dim=-2) / fps
