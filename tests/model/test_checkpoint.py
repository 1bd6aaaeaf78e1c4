"""A checkpoint comes back as it was, holds no pickle, and says in one line what is wrong with it."""

import dataclasses
import json
import pickletools
from pathlib import Path
from typing import Any

import pytest
import torch

from model import checkpoint
from model.checkpoint import ModelError

SMALL = {"features": 6, "beat": 8, "controls": 4, "width": 8, "heads": 2, "head_width": 4, "window": 4, "hidden": 6}


def network(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return checkpoint.build("dance_revolution", SMALL)


def about(net: Any) -> dict[str, Any]:
    return {
        "network": "dance_revolution",
        "config": dataclasses.asdict(net.config),
        "controls": [],
        "styles": [],
        "training_data": [],
        "step": 7,
        "metrics": {"validation_free": 0.5},
        "revision": "abc",
    }


def saved(folder: Path) -> Any:
    net = network()
    checkpoint.save_model(folder, net, about(net))
    return net


def test_a_saved_network_comes_back_with_its_weights_and_its_words(tmp_path: Path) -> None:
    net = saved(tmp_path)
    loaded, told = checkpoint.load_network(tmp_path)
    assert told == checkpoint.as_json(about(net))
    assert loaded.config == net.config
    for name, value in net.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)


def test_the_raw_weights_can_be_asked_for_instead_of_the_averaged_ones(tmp_path: Path) -> None:
    saved(tmp_path)
    raw = network(seed=1).state_dict()
    checkpoint.save_training(tmp_path, {f"raw/{name}": value for name, value in raw.items()}, {"step": "7"})
    loaded, _ = checkpoint.load_network(tmp_path, ema=False)
    assert torch.equal(loaded.pose_head.weight, raw["pose_head.weight"])


def test_nothing_in_a_checkpoint_is_a_pickle(tmp_path: Path) -> None:
    net = saved(tmp_path)
    checkpoint.save_training(tmp_path, dict(net.state_dict()), {"step": "7"})
    for path in tmp_path.iterdir():
        with pytest.raises((ValueError, UnicodeDecodeError, IndexError)):
            list(pickletools.genops(path.read_bytes()))


def test_a_kill_while_writing_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path)
    before = (tmp_path / checkpoint.MODEL).read_bytes()

    def die(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", die)
    net = network(seed=1)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save_model(tmp_path, net, about(net))
    assert (tmp_path / checkpoint.MODEL).read_bytes() == before


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: (f / checkpoint.ABOUT).unlink(), "is no checkpoint"),
        (lambda f: (f / checkpoint.ABOUT).write_text("{"), "is not JSON"),
        (lambda f: (f / checkpoint.ABOUT).write_text("{}"), "lacks config"),
        (lambda f: (f / checkpoint.MODEL).unlink(), "cannot be read as weights"),
        (lambda f: (f / checkpoint.MODEL).write_bytes(b"no"), "cannot be read as weights"),
    ],
)
def test_a_broken_checkpoint_is_refused_in_one_line(tmp_path: Path, harm: Any, words: str) -> None:
    saved(tmp_path)
    harm(tmp_path)
    with pytest.raises(ModelError, match=words) as caught:
        checkpoint.load_network(tmp_path)
    assert "\n" not in str(caught.value)


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    told = json.loads((tmp_path / checkpoint.ABOUT).read_text())
    told["config"]["hidden"] = 5
    (tmp_path / checkpoint.ABOUT).write_text(json.dumps(told))
    with pytest.raises(ModelError, match="do not fit") as caught:
        checkpoint.load_network(tmp_path)
    assert "\n" not in str(caught.value)


def test_unknown_networks_and_settings_are_named() -> None:
    with pytest.raises(ModelError, match="unknown network 'waltz'"):
        checkpoint.build("waltz", {})
    with pytest.raises(ModelError, match="no setting 'depth'"):
        checkpoint.build("dance_revolution", {"depth": 3})
