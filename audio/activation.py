"""The network that hears beats, run in NumPy: from log-mel hops to the chance that each hop lies on a beat.

A convolution over the newest hops, two gated recurrent units (Cho et al. 2014, as torch.nn.GRU has them) over frames,
and one linear head. `model/ear/network.py` is the same function for training.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from audio.beat_confidence import SIGNS
from audio.config import HOPS_PER_FRAME, AudioError
from audio.features import MEL_MEAN, MEL_SCALE
from audio.mel import MEL_BANDS

F32 = NDArray[np.float32]

SHIPPED = Path(__file__).parent.parent / "dancers" / "ear.npz"
CONTRACT = 2
CHANNELS, HIDDEN = 48, 144
DIFFERENCE_HOPS = 2  # a rise is measured over so many hops
KERNEL_HOPS = 4  # of the convolution
MEMORY_HOPS = DIFFERENCE_HOPS + KERNEL_HOPS - 1
TEMPO_BINS = 60
SLOWEST_BIN, FASTEST_BIN = 50.0, 220.0  # bpm: centres of the first and the last bin, spaced by equal ratios
SHOWN_AFTER_HOPS = 2.0  # a beat shows in the hop that ends so long after it
RISE_GAIN = 2.0
NAMES = (
    *(f"convolution.{kind}" for kind in ("weight", "bias")),
    *(
        f"{layer}.{kind}_{way}_l0"
        for layer in ("first", "second")
        for kind in ("weight", "bias")
        for way in ("ih", "hh")
    ),
    *(f"head.{kind}" for kind in ("weight", "bias")),
)


class Ear(NamedTuple):
    """The weights, as the stage multiplies them, and what the file says about itself."""

    convolution: tuple[F32, F32]  # [KERNEL_HOPS * 80, CHANNELS], [CHANNELS]
    first: tuple[F32, F32, F32, F32]  # input [in, 3 H], bias, recurrent [H, 3 H], bias; see `_halved`
    second: tuple[F32, F32, F32, F32]
    head: tuple[F32, F32]
    confidence: F32  # [len(beat_confidence.SIGNS)] of the regression there
    about: dict[str, Any]

    def __deepcopy__(self, memo: dict[int, Any]) -> "Ear":
        return self  # it never changes: a saved show shares it


class ActivationState(NamedTuple):
    """What the network remembers."""

    hops: F32  # [MEMORY_HOPS, 40]
    first: F32  # [HIDDEN]
    second: F32  # [HIDDEN]


class Activation(NamedTuple):
    """One frame's answer."""

    beats: F32  # [2, 4] logit that a hop is where a beat, a downbeat shows
    tempo: F32  # [TEMPO_BINS + 1] logits; the last is "no beat here"


def init() -> ActivationState:
    """Nothing heard."""
    return ActivationState(
        np.zeros((MEMORY_HOPS, MEL_BANDS), np.float32), np.zeros(HIDDEN, np.float32), np.zeros(HIDDEN, np.float32)
    )


def push(ear: Ear, state: ActivationState, log_mel: F32) -> tuple[Activation, ActivationState]:
    """Hear one frame's hops [4, 40]."""
    hops = np.concatenate([state.hops, log_mel])
    now = hops[DIFFERENCE_HOPS:]
    seen = np.concatenate([now, np.maximum(now - hops[:-DIFFERENCE_HOPS], 0.0)], axis=1)
    weight, bias = ear.convolution
    windows = np.ndarray((HOPS_PER_FRAME, KERNEL_HOPS * seen.shape[1]), np.float32, seen, strides=seen.strides)
    onsets = np.maximum(windows.copy() @ weight + bias, 0.0).reshape(-1)
    first = _gated(ear.first, onsets, state.first)
    second = _gated(ear.second, first, state.second)
    weight, bias = ear.head
    out = np.concatenate([first, second, onsets]) @ weight + bias
    answer = Activation(out[: 2 * HOPS_PER_FRAME].reshape(2, HOPS_PER_FRAME), out[2 * HOPS_PER_FRAME :])
    return answer, ActivationState(hops[HOPS_PER_FRAME:].copy(), first, second)


def load(path: Path = SHIPPED) -> Ear:
    """Read an ear file (npz, no pickle). Raises AudioError with one line for anything else."""
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            arrays = {name: np.asarray(file[name], np.float32) for name in (*NAMES, "confidence")}
        contract = about.get("contract")
        ear = arranged(arrays, about)
        if contract == CONTRACT:  # ValueError where a shape does not fit
            push(ear, init(), np.zeros((HOPS_PER_FRAME, MEL_BANDS), np.float32))
            ear.confidence @ np.zeros(len(SIGNS), np.float32)
    except (OSError, KeyError, ValueError, AttributeError, TypeError, EOFError, BadZipFile) as error:
        raise AudioError(f"{path} is no ear file ({error}); python -m export.ear makes one") from error
    if contract != CONTRACT:
        raise AudioError(f"{path} has contract {contract}, this program reads {CONTRACT}: export it anew")
    return ear


@lru_cache(maxsize=1)
def shipped() -> Ear:
    """The ear beside the dancers, read once."""
    return load()


def arranged(arrays: dict[str, F32], about: dict[str, Any]) -> Ear:
    """Transposed and contiguous, so that a row vector goes in from the left."""

    def across(name: str) -> F32:
        return np.ascontiguousarray(arrays[name].T)

    def unit(name: str) -> tuple[F32, F32, F32, F32]:
        inward, inward_bias = across(f"{name}.weight_ih_l0"), arrays[f"{name}.bias_ih_l0"]
        recurrent, recurrent_bias = across(f"{name}.weight_hh_l0"), arrays[f"{name}.bias_hh_l0"]
        return _halved(inward, inward_bias, recurrent, recurrent_bias)

    return Ear(
        _normalising(across("convolution.weight"), arrays["convolution.bias"]),
        unit("first"),
        unit("second"),
        (across("head.weight"), arrays["head.bias"]),
        arrays["confidence"],
        about,
    )


def _normalising(weight: F32, bias: F32) -> tuple[F32, F32]:
    """The convolution that takes log-mel and its rise as they are, and so needs no normalisation before it."""
    scale = np.concatenate([1.0 / MEL_SCALE, np.full(MEL_BANDS, RISE_GAIN)])
    shift = np.concatenate([-MEL_MEAN / MEL_SCALE, np.zeros(MEL_BANDS)])
    scales, shifts = np.tile(scale, KERNEL_HOPS), np.tile(shift, KERNEL_HOPS)
    return np.asarray(weight * scales[:, None], np.float32), np.asarray(bias + shifts @ weight, np.float32)


def _halved(inward: F32, inward_bias: F32, recurrent: F32, recurrent_bias: F32) -> tuple[F32, F32, F32, F32]:
    """Torch's weights of a gated recurrent unit (reset, update, new) with the halves that `_gated` wants in them.

    A logistic function is (tanh(x / 2) + 1) / 2: the inner half is in the gates, reset's outer one in what it gates.
    """
    size = len(recurrent)
    half = np.concatenate([np.full(2 * size, 0.5), np.ones(size)]).astype(np.float32)
    return inward * half, inward_bias * half, recurrent * _HALF, recurrent_bias * _HALF


def _gated(unit: tuple[F32, F32, F32, F32], heard: F32, state: F32) -> F32:
    """One step of a gated recurrent unit."""
    inward, inward_bias, recurrent, recurrent_bias = unit
    size = len(state)
    new, old = heard @ inward, state @ recurrent
    new += inward_bias
    old += recurrent_bias
    gates = np.tanh(new[: 2 * size] + old[: 2 * size])
    gates += _ONE
    candidate: F32 = np.tanh(new[2 * size :] + gates[:size] * old[2 * size :])
    return candidate + _HALF * gates[size:] * (state - candidate)


_ONE, _HALF = np.float32(1.0), np.float32(0.5)
