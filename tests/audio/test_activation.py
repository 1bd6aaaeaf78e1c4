"""The ear's network in NumPy: held to torch's own layers with random weights; a stream is the whole song."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as fn

from audio import activation, beat
from audio.activation import Ear
from audio.config import AudioError
from audio.features import MEL_MEAN, MEL_SCALE
from tests.audio.streams import F32

FRAMES = 40


def random_weights(seed: int) -> dict[str, F32]:
    """As the ear file holds them; large enough that the gates saturate now and then."""
    torch.manual_seed(seed)
    layers = nn.ModuleDict(
        {
            "convolution": nn.Linear(4 * 80, activation.CHANNELS),
            "first": nn.GRU(4 * activation.CHANNELS, activation.HIDDEN),
            "second": nn.GRU(activation.HIDDEN, activation.HIDDEN),
            "head": nn.Linear(2 * activation.HIDDEN + 4 * activation.CHANNELS, 8 + activation.TEMPO_BINS + 1),
        }
    )
    return {name: 2.0 * tensor.numpy() for name, tensor in layers.state_dict().items()}


def ear_of(weights: dict[str, F32]) -> Ear:
    return activation.arranged(weights | {"confidence": np.zeros(6, np.float32)}, {})


def sound(seed: int) -> F32:
    return np.abs(np.random.default_rng(seed).normal(0.0, 1.5, (FRAMES, 4, 40))).astype(np.float32)


def streamed(ear: Ear, log_mel: F32, state: activation.ActivationState) -> tuple[F32, activation.ActivationState]:
    rows = []
    for frame in log_mel:
        said, state = activation.push(ear, state, frame)
        rows.append(np.concatenate([said.beats.ravel(), said.tempo]))
    return np.stack(rows), state


def by_torch(weights: dict[str, F32], log_mel: F32) -> F32:
    """The same function over the whole song, of torch's conv1d, GRU and linear layers."""
    w = {name: torch.from_numpy(array) for name, array in weights.items()}
    hops = torch.from_numpy(np.concatenate([np.zeros((5, 40), np.float32), log_mel.reshape(-1, 40)]))
    rise = 2.0 * fn.relu(hops[2:] - hops[:-2])
    seen = torch.cat([(hops[2:] - torch.from_numpy(MEL_MEAN)) / torch.from_numpy(MEL_SCALE), rise], dim=1)
    kernel = w["convolution.weight"].reshape(activation.CHANNELS, 4, 80).transpose(1, 2)
    onsets = fn.relu(fn.conv1d(seen.T[None], kernel, w["convolution.bias"]))[0].T.reshape(FRAMES, -1)
    upper = [onsets]
    for name, size in (("first", 4 * activation.CHANNELS), ("second", activation.HIDDEN)):
        unit = nn.GRU(size, activation.HIDDEN)
        unit.load_state_dict({key.split(".")[1]: value for key, value in w.items() if key.startswith(name)})
        upper.append(unit(upper[-1])[0])
    joined = torch.cat([upper[1], upper[2], onsets], dim=1)
    return fn.linear(joined, w["head.weight"], w["head.bias"]).detach().numpy()


@pytest.mark.parametrize("seed", range(4))
def test_numpy_says_what_torch_says(seed: int) -> None:
    weights, log_mel = random_weights(seed), sound(seed)
    oracle = by_torch(weights, log_mel)
    ours, _ = streamed(ear_of(weights), log_mel, activation.init())
    assert np.ptp(oracle) > 1.0
    np.testing.assert_allclose(ours, oracle, atol=2e-5 * np.abs(oracle).max())


def test_a_stream_goes_on_where_it_was_left_and_nothing_it_held_has_changed() -> None:
    ear, log_mel = ear_of(random_weights(5)), sound(5)
    whole, _ = streamed(ear, log_mel, activation.init())
    first, middle = streamed(ear, log_mel[:17], activation.init())
    kept = [array.copy() for array in middle]
    rest, _ = streamed(ear, log_mel[17:], middle)
    np.testing.assert_array_equal(np.concatenate([first, rest]), whole)
    for array, before in zip(middle, kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_what_comes_later_changes_nothing_that_was_said() -> None:
    ear, log_mel = ear_of(random_weights(6)), sound(6)
    other = log_mel.copy()
    other[20:] = 0.0
    said, _ = streamed(ear, log_mel, activation.init())
    said_of_other, _ = streamed(ear, other, activation.init())
    np.testing.assert_array_equal(said[:20], said_of_other[:20])
    assert not np.array_equal(said[20:], said_of_other[20:])


def test_extremes_leave_it_finite() -> None:
    ear = activation.shipped()
    for level in (0.0, 1e-30, 6.0, 1e6):
        said, state = streamed(ear, np.full((FRAMES, 4, 40), level, np.float32), activation.init())
        assert np.isfinite(said).all()
        assert all(np.isfinite(array).all() for array in state)


def test_the_shipped_ear_says_what_it_was_trained_on_and_is_read_once() -> None:
    ear = activation.shipped()
    assert ear is activation.shipped() is beat.init().ear
    assert ear.about["contract"] == activation.CONTRACT
    assert "CC0" in ear.about["data"]
    assert activation.SHIPPED.stat().st_size < 2e6


def ear_file(path: Path, about: Any, **other: Any) -> Path:
    np.savez(path, about=np.array(json.dumps(about)), **(random_weights(0) | {"confidence": np.zeros(6)} | other))
    return path


def test_an_ear_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    ear = activation.load(ear_file(tmp_path / "ear.npz", {"contract": activation.CONTRACT, "name": "toy"}))
    assert ear.about["name"] == "toy"
    ours, _ = streamed(ear, sound(1), activation.init())
    np.testing.assert_array_equal(ours, streamed(ear_of(random_weights(0)), sound(1), activation.init())[0])


def test_a_file_that_is_no_ear_is_refused_in_one_line(tmp_path: Path) -> None:
    good = {"contract": activation.CONTRACT}
    whole = ear_file(tmp_path / "whole.npz", good).read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.npz").touch()
    (tmp_path / "text.npz").write_text("an ear\n")
    np.save(tmp_path / "array.npy", np.zeros(3))
    np.savez(tmp_path / "other.npz", about=np.array("{}"))
    np.savez(tmp_path / "pickle.npz", about=np.array({"contract": 1}, object))
    wrong = np.zeros((10, 3), np.float32)
    bad = [
        *(tmp_path / name for name in ("nowhere.npz", "cut.npz", "empty.npz", "text.npz", "array.npy")),
        *(tmp_path / name for name in ("other.npz", "pickle.npz")),
        ear_file(tmp_path / "list.npz", []),
        ear_file(tmp_path / "older.npz", {"contract": 0}),
        ear_file(tmp_path / "narrow.npz", good, **{"head.weight": wrong}),
        ear_file(tmp_path / "wide.npz", good, **{"first.weight_hh_l0": wrong}),
        ear_file(tmp_path / "unsure.npz", good, confidence=np.zeros(4)),
    ]
    for path in bad:
        with pytest.raises(AudioError, match=path.name) as refused:
            activation.load(path)
        assert "\n" not in str(refused.value)
        assert "export" in str(refused.value)
