"""A checkpoint is a folder that holds nothing pickled.

`model.safetensors`     the averaged (EMA) weights and buffers: what is evaluated and exported
`checkpoint.json`       network, config, controls, styles, data with terms, step, metrics, revision
`training.safetensors`  raw weights, averages and optimiser moments of one step: all that `--resume` needs

Each file is replaced by one atomic rename, the third last. Resuming takes the state from the third alone, so a kill
between two renames is harmless.
"""

import dataclasses
import importlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from model.networks import NETWORKS

MODEL, ABOUT, TRAINING = "model.safetensors", "checkpoint.json", "training.safetensors"
FIELDS = ("network", "config", "controls", "styles", "training_data", "step", "metrics", "revision")


class ModelError(ValueError):
    """Something in the school that the user can mend; the message is one line."""


def network_class(name: str) -> Any:
    """The class of a network by its name in NETWORKS; raises ModelError."""
    if name not in NETWORKS:
        raise ModelError(f"unknown network {name!r}; there are {', '.join(sorted(NETWORKS))}")
    module, cls = NETWORKS[name].split(":")
    return getattr(importlib.import_module(module), cls)


def build(name: str, config: Mapping[str, Any]) -> Any:
    """A fresh network from its name and the fields of its Config that differ from the defaults; raises ModelError."""
    cls = network_class(name)
    known = {field.name for field in dataclasses.fields(cls.Config)}
    if unknown := sorted(set(config) - known):
        raise ModelError(f"network {name} has no setting {unknown[0]!r}; there are {', '.join(sorted(known))}")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    return cls(cls.Config(**values))


def save_model(folder: Path, network: nn.Module, about: dict[str, Any]) -> None:
    """Write model.safetensors and checkpoint.json; `about` holds FIELDS."""
    assert set(about) == set(FIELDS), set(about) ^ set(FIELDS)
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / MODEL, save(_plain(network.state_dict())))
    replace(folder / ABOUT, (json.dumps(about, indent=1, sort_keys=True) + "\n").encode())


def save_training(folder: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write training.safetensors; the metadata travel in its header."""
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / TRAINING, save(_plain(tensors), metadata))


def load_training(folder: Path, device: str = "cpu") -> tuple[dict[str, Tensor], dict[str, str]]:
    """What save_training wrote; raises ModelError."""
    return _read(folder / TRAINING, device)


def load_about(folder: Path) -> dict[str, Any]:
    """checkpoint.json, checked for its fields; raises ModelError."""
    try:
        about = json.loads((folder / ABOUT).read_text())
    except OSError:
        raise ModelError(f"{folder} is no checkpoint: it has no {ABOUT}") from None
    except ValueError as err:
        raise ModelError(f"{folder / ABOUT} is not JSON ({err})") from None
    if not isinstance(about, dict) or not set(FIELDS) <= set(about):
        raise ModelError(f"{folder / ABOUT} lacks {', '.join(sorted(set(FIELDS) - set(about)))}")
    return about


def load_network(folder: str | Path, ema: bool = True) -> tuple[Any, dict[str, Any]]:
    """(network on the CPU in eval mode, its checkpoint.json); ema=False takes the raw weights. Raises ModelError."""
    folder = Path(folder)
    about = load_about(folder)
    network = build(about["network"], about["config"])
    if ema:
        weights, _ = _read(folder / MODEL)
    else:
        tensors, _ = load_training(folder)
        weights = {name.removeprefix("raw/"): value for name, value in tensors.items() if name.startswith("raw/")}
    load_weights(network, weights, folder)
    return network.eval(), about


def load_weights(network: nn.Module, weights: dict[str, Tensor], source: Path) -> None:
    """Copy named tensors into the network, all of them; raises ModelError where they do not fit."""
    try:
        network.load_state_dict(weights)
    except RuntimeError as err:
        first = str(err).splitlines()[-1].strip()
        raise ModelError(f"{source}: its weights do not fit its network ({first})") from None


def as_json(value: Any) -> Any:
    """A value as it comes back from checkpoint.json: tuples as lists."""
    return json.loads(json.dumps(value))


def revision() -> str:
    """The git revision of this code, with + where it was changed, or "unknown"."""
    here = Path(__file__).parent
    try:
        head = _git("rev-parse", "--short=12", "HEAD", at=here)
        return head + ("+" if _git("status", "--porcelain", "-uno", at=here) else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def replace(path: Path, content: bytes) -> None:
    """Write a file so that it is either the old one or the new one, whenever the power goes."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.replace(fresh, path)


def _git(*words: str, at: Path) -> str:
    return subprocess.run(["git", *words], cwd=at, capture_output=True, text=True, check=True).stdout.strip()


def _plain(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Own, contiguous memory for each: the format knows no shared tensors."""
    return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in tensors.items()}


def _read(path: Path, device: str = "cpu") -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt", device=device) as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (OSError, SafetensorError) as err:
        raise ModelError(f"{path} cannot be read as weights ({str(err).splitlines()[0]})") from None
