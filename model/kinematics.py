"""Forward kinematics of pose vectors in torch, so that errors can be counted in metres and metres a second."""

import torch
from torch import Tensor

from motion.pose import CONTACTS, ROOT_HEIGHT, ROTATIONS, VELOCITY, YAW_RATE
from motion.skeleton import HUMANOID, Skeleton

FEET = tuple(HUMANOID.index(name) for name in ("leftFoot", "leftToes", "rightFoot", "rightToes"))


def matrix_from_6d(six: Tensor) -> Tensor:
    """[..., 6] (first two columns) -> [..., 3, 3]; Zhou et al., CVPR 2019, equation 15."""
    a, b = six[..., :3], six[..., 3:]
    x = torch.nn.functional.normalize(a, dim=-1, eps=1e-6)
    y = torch.nn.functional.normalize(b - (x * b).sum(-1, keepdim=True) * x, dim=-1, eps=1e-6)
    return torch.stack([x, y, torch.linalg.cross(x, y)], dim=-1)


def heading_positions(pose: Tensor, skeleton: Skeleton = HUMANOID) -> Tensor:
    """pose [..., 140] -> joint positions [..., 22, 3], metres, in the heading frame, root over the origin."""
    rotation = matrix_from_6d(pose[..., ROTATIONS].unflatten(-1, (22, 6)))
    offsets = torch.tensor(skeleton.offsets, dtype=pose.dtype, device=pose.device)
    zero = torch.zeros_like(pose[..., 0])
    world = [rotation[..., 0, :, :]]
    place = [torch.stack([zero, pose[..., ROOT_HEIGHT].squeeze(-1), zero], dim=-1)]
    for bone in range(1, 22):
        parent = skeleton.parents[bone]
        place.append(place[parent] + (world[parent] @ offsets[bone]))
        world.append(world[parent] @ rotation[..., bone, :, :])
    return torch.stack(place, dim=-2)


def travel(pose: Tensor, fps: float) -> tuple[Tensor, Tensor]:
    """Integrate pose [B, T, 140] -> (x and z [B, T, 2] m, yaw [B, T] rad), from the origin."""
    yaw = torch.cumsum(pose[..., YAW_RATE].squeeze(-1) / fps, dim=1)
    before = torch.nn.functional.pad(yaw[:, :-1], (1, 0))
    side, ahead = pose[..., VELOCITY].unbind(-1)
    x = side * before.cos() + ahead * before.sin()
    z = ahead * before.cos() - side * before.sin()
    return torch.cumsum(torch.stack([x, z], dim=-1) / fps, dim=1), yaw


def world_feet(pose: Tensor, local: Tensor, fps: float) -> Tensor:
    """Feet [B, T, 4, 3] in the world, from pose [B, T, 140] and its heading_positions."""
    ground, yaw = travel(pose, fps)
    feet = local[..., FEET, :]
    cos, sin = yaw.cos().unsqueeze(-1), yaw.sin().unsqueeze(-1)
    x = feet[..., 0] * cos + feet[..., 2] * sin + ground[..., 0:1]
    z = feet[..., 2] * cos - feet[..., 0] * sin + ground[..., 1:2]
    return torch.stack([x, feet[..., 1], z], dim=-1)


def contact_slide(pose: Tensor, local: Tensor, contacts: Tensor, fps: float) -> Tensor:
    """Mean speed (m/s) of the feet where `contacts` [B, T, 4] say they stand; 0 where none does."""
    speed = world_feet(pose, local, fps).diff(dim=1).norm(dim=-1) * fps
    standing = contacts[:, 1:] * contacts[:, :-1]
    return (speed * standing).sum() / standing.sum().clamp(min=1.0)


__all__ = ["CONTACTS", "contact_slide", "heading_positions", "matrix_from_6d", "travel", "world_feet"]
