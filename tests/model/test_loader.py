"""Crops depend on seed, step and rank alone, and are true pieces of the corpus."""

import numpy as np
import torch

from model.loader import Crops
from motion.pose import mirror
from tests.model import toy_corpus


def crops(frames: int = 16, batch: int = 6, seed: int = 3, flip: bool = True) -> Crops:
    return Crops(toy_corpus.corpus().split("train"), frames, batch, seed, "cpu", mirror=flip)


def test_the_same_step_gives_the_same_crops_whatever_came_before() -> None:
    running, fresh = crops(), crops()
    for step in range(5):
        running.batch(step)
    for name, values in fresh.batch(5).items():
        assert torch.equal(values, running.batch(5)[name])
    assert not torch.equal(fresh.batch(5)["pose"], fresh.batch(6)["pose"])


def test_two_processes_share_the_crops_of_one_with_the_doubled_batch() -> None:
    halves = [crops(batch=3).batch(7, rank, 2) for rank in (0, 1)]
    for name, values in crops(batch=6).batch(7).items():
        assert torch.equal(values, torch.cat([half[name] for half in halves]))


def test_every_crop_is_a_piece_of_one_sequence_or_of_its_mirror_image() -> None:
    batch = crops(batch=24).batch(0)
    flipped = 0
    for i in range(24):
        heard, pose = batch["features"][i].numpy(), batch["pose"][i].numpy()
        found = False
        for s in toy_corpus.corpus().split("train"):
            for start in range(len(s.pose) - 15):
                if np.array_equal(s.features[start : start + 16], heard):
                    recorded = s.pose[start : start + 16]
                    straight = np.array_equal(recorded, pose)
                    assert straight or np.array_equal(mirror(recorded), pose)
                    flipped += not straight
                    found = True
        assert found
    assert 0 < flipped < 24


def test_without_mirroring_no_crop_is_turned() -> None:
    straight = {s.pose.tobytes() for s in toy_corpus.corpus().split("train")}
    batch = crops(frames=40, batch=8, flip=False).batch(1)
    assert all(any(p.numpy().tobytes() in whole for whole in straight) for p in batch["pose"])


def test_what_lies_past_the_end_of_a_short_sequence_weighs_nothing() -> None:
    batch = Crops([toy_corpus.sequence(1, 10)], 16, 2, 0, "cpu").batch(0)
    assert batch["weight"][:, :10].all()
    assert not batch["weight"][:, 10:].any()
    assert torch.equal(batch["features"][:, 10:], batch["features"][:, 9:10].expand(-1, 6, -1))
