"""Turn a checkpoint into a dancer file: `python -m export.build runs/first dancers/first.onnx --torchscript`.

The file is written only if its step, run frame by frame, dances what the trained network dances.
"""

import model  # noqa: F401  (says in one line where PyTorch is missing)

# isort: split
import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

import torch

from audio import config
from audio.beat import BEAT_NAMES
from audio.features import FEATURE_NAMES
from export import onnx, parity, torchscript
from export.manifest import ControlSpec, DancerFileError, Manifest
from model.checkpoint import ModelError, load_network
from model.stepping import torch_step
from motion.skeleton import BONES


def parser() -> argparse.ArgumentParser:
    """The command line of the export."""
    p = argparse.ArgumentParser(prog="python -m export.build", description="Write a dancer file.")
    p.add_argument("checkpoint", type=Path, help="a folder that model.train wrote")
    p.add_argument("out", type=Path, metavar="OUT.onnx")
    p.add_argument("--torchscript", action="store_true", help="also OUT.pt, the twin for torch")
    p.add_argument("--name", help="of the dancer; default: the file's")
    p.add_argument("--report", type=Path, metavar="FILE.json", help="write the parity report here")
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    args = parser().parse_args(argv)
    torch.set_num_threads(1)  # what the stage has
    try:
        rows = build(args.checkpoint, args.out, args.torchscript, args.name)
    except (DancerFileError, ModelError) as err:
        print(f"export.build: {err}", file=sys.stderr)
        return 2
    print(parity.table(rows))
    if args.report:
        args.report.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=1) + "\n")
    return 0


def build(folder: Path, out: Path, twin: bool = False, name: str | None = None) -> list[parity.Parity]:
    """Write OUT (and OUT.pt) and return how well they keep to the network.

    Raises DancerFileError, and writes nothing, where one departs from it by more than parity.LIMIT.
    """
    if out.suffix != ".onnx":
        raise DancerFileError(f"{out} must end in .onnx")
    if not out.parent.is_dir():
        raise DancerFileError(f"there is no folder {out.parent} to write {out.name} into")
    network, about = load_network(folder)
    manifest = manifest_of(network, about, name or out.stem)
    # beside the final place, so that the last act is a rename
    paths = [out, out.with_suffix(".pt")] if twin else [out]
    fresh = {path: path.with_name(f".{path.name}.new") for path in paths}
    try:
        for path, written in fresh.items():
            (onnx if path is out else torchscript).write(network, manifest, written)
        return _judge(network, manifest, fresh)
    finally:
        for written in fresh.values():
            written.unlink(missing_ok=True)


def manifest_of(
    network: Any,
    about: dict[str, Any],
    name: str,
    feature_names: tuple[str, ...] = tuple(FEATURE_NAMES),
    beat_names: tuple[str, ...] = tuple(BEAT_NAMES),
) -> Manifest:
    """What the stage must know of a network; `about` is its checkpoint.json. Raises DancerFileError."""
    for what, names, size in (
        ("features", feature_names, network.config.features),
        ("beat numbers", beat_names, network.config.beat),
    ):
        if len(names) != size:
            raise DancerFileError(f"it was trained on {size} {what} and this ear makes {len(names)}: train it again")
    return Manifest(
        name=name,
        network=about["network"],
        rate=config.RATE,
        hop=config.HOP,
        fps=config.FRAME_RATE,
        feature_names=feature_names,
        beat_names=beat_names,
        controls=tuple(ControlSpec(**control) for control in about["controls"]),
        noise_size=network.noise_size,
        states=network.states,
        bones=BONES,
        lead_frames=network.lead_frames,
        styles=tuple(about["styles"]),
        training_data=tuple(about["training_data"]),
        metrics=about["metrics"],
        revision=about["revision"],
    )


def _judge(network: Any, manifest: Manifest, fresh: dict[Path, Path]) -> list[parity.Parity]:
    engines = {"torch step": torch_step(network.step)}
    for path, written in fresh.items():
        if path.suffix == ".onnx":
            engines["onnxruntime"] = parity.onnx_step(written)
        else:
            engines["torchscript"] = parity.torchscript_step(written)
    rows = parity.measure(network, manifest, engines)
    if wrong := [row for row in rows if not row.holds]:
        error = f"{wrong[0].greatest:.1e} (limit {parity.LIMIT:g})"
        raise DancerFileError(f"{wrong[0].engine} departs from the trained network by {error}: nothing was written")
    for path, written in fresh.items():
        os.replace(written, path)
    return rows


if __name__ == "__main__":
    sys.exit(main())
