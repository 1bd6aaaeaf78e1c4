"""The schema of a dancer file: one JSON in the graph's metadata that says everything the stage must know.

An `.onnx` carries it in `metadata_props` under KEY; the TorchScript twin carries the same text as the extra file
KEY + ".json". Whoever reads one calls `Manifest.from_json`, which refuses what does not fit in one line.

The graph of every dancer, all tensors float32, B dancers first:

    inputs   features [B,F]  beat [B,K]  controls [B,C]  noise [B,Z]
             then for each state, in table order:
               carry   NAME [B, *shape]
               ring    NAME [B, H, W, D] and NAME_age [B, W] (frames ago, 1..W; -1 = empty slot)
    outputs  pose [B,140], then for each state, in table order:
               carry   NAME_out [B, *shape]      the whole next value
               ring    NAME_row [B, H, D]        written by the host at slot k mod W

Every state begins as zeros, every age as -1. `noise` is uniform in (0, 1).
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

CONTRACT = 1
KEY = "dancer"
POSE_SIZE = 140
INPUTS = ("features", "beat", "controls", "noise")
STATE_KINDS = ("carry", "ring")


class DancerFileError(ValueError):
    """A file that is no dancer, or one that does not fit this stage; the message is one line."""


@dataclass(frozen=True)
class StateSpec:
    """One named state. shape is without the batch: any for carry, (H, W, D) for ring."""

    name: str
    kind: str
    shape: tuple[int, ...]

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the graph inputs that carry this state."""
        return (self.name,) if self.kind == "carry" else (self.name, f"{self.name}_age")

    @property
    def output_name(self) -> str:
        """Name of the graph output that renews this state."""
        return f"{self.name}_out" if self.kind == "carry" else f"{self.name}_row"


@dataclass(frozen=True)
class ControlSpec:
    """One live control: its range, its default and one line of help."""

    name: str
    low: float
    high: float
    default: float
    about: str


@dataclass(frozen=True)
class Manifest:
    """All that the stage knows of a dancer. Field meanings: docs/design.md, section 3."""

    name: str
    network: str
    rate: int  # Hz, must equal audio.config.RATE
    hop: int  # samples, must equal audio.config.HOP
    fps: int  # poses a second
    feature_names: tuple[str, ...]
    beat_names: tuple[str, ...]
    controls: tuple[ControlSpec, ...]
    noise_size: int
    states: tuple[StateSpec, ...]
    bones: tuple[str, ...]
    lead_frames: int
    styles: tuple[str, ...]  # each has a control "style_NAME"
    training_data: tuple[dict[str, Any], ...]  # name, terms, minutes
    metrics: dict[str, float]
    revision: str  # git revision of the code that trained it
    contract: int = CONTRACT

    @property
    def input_names(self) -> tuple[str, ...]:
        """All graph inputs in order."""
        return INPUTS + tuple(name for state in self.states for name in state.input_names)

    @property
    def output_names(self) -> tuple[str, ...]:
        """All graph outputs in order."""
        return ("pose", *(state.output_name for state in self.states))

    def to_json(self) -> str:
        """The text that travels inside the dancer file."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @staticmethod
    def from_json(text: str) -> "Manifest":
        """Parse and check; raises DancerFileError naming the first thing that does not fit."""
        try:
            raw = json.loads(text)
        except ValueError as err:
            raise DancerFileError(f"its metadata is not JSON ({err})") from None
        if not isinstance(raw, dict):
            raise DancerFileError("its metadata is not a JSON object")
        if raw.get("contract") != CONTRACT:
            raise DancerFileError(f"it speaks contract {raw.get('contract')!r}, this stage speaks {CONTRACT}")
        wanted = {field.name for field in dataclasses.fields(Manifest)}
        if missing := sorted(wanted - raw.keys()):
            raise DancerFileError(f"its metadata lack {', '.join(missing)}")
        if unknown := sorted(raw.keys() - wanted):
            raise DancerFileError(f"its metadata have unknown fields {', '.join(unknown)}")
        try:
            manifest = _typed(raw)
        except (TypeError, ValueError, KeyError, AttributeError) as err:
            raise DancerFileError(f"its metadata do not have the right types ({err})") from None
        manifest._check()
        return manifest

    def _check(self) -> None:
        for state in self.states:
            if state.kind not in STATE_KINDS:
                raise DancerFileError(f"state {state.name!r} has unknown kind {state.kind!r}")
            if any(size < 1 for size in state.shape) or (state.kind == "ring" and len(state.shape) != 3):
                raise DancerFileError(f"state {state.name!r} has impossible shape {state.shape}")
        for control in self.controls:
            if not control.low <= control.default <= control.high:
                raise DancerFileError(f"control {control.name!r} has a default outside its range")
        known = {control.name for control in self.controls}
        if lost := [style for style in self.styles if f"style_{style}" not in known]:
            raise DancerFileError(f"style {lost[0]!r} has no control style_{lost[0]}")
        if self.lead_frames < 0 or self.noise_size < 0 or self.fps < 1:
            raise DancerFileError("lead_frames, noise_size and fps must not be negative")


def _typed(raw: dict[str, Any]) -> Manifest:
    """Build the dataclasses; types are forced so that a wrong one fails here and not in the show."""
    return Manifest(
        name=str(raw["name"]),
        network=str(raw["network"]),
        rate=int(raw["rate"]),
        hop=int(raw["hop"]),
        fps=int(raw["fps"]),
        feature_names=tuple(map(str, raw["feature_names"])),
        beat_names=tuple(map(str, raw["beat_names"])),
        controls=tuple(
            ControlSpec(str(c["name"]), float(c["low"]), float(c["high"]), float(c["default"]), str(c["about"]))
            for c in raw["controls"]
        ),
        noise_size=int(raw["noise_size"]),
        states=tuple(
            StateSpec(str(s["name"]), str(s["kind"]), tuple(int(n) for n in s["shape"])) for s in raw["states"]
        ),
        bones=tuple(map(str, raw["bones"])),
        lead_frames=int(raw["lead_frames"]),
        styles=tuple(map(str, raw["styles"])),
        training_data=tuple(dict(entry) for entry in raw["training_data"]),
        metrics={str(key): float(value) for key, value in raw["metrics"].items()},
        revision=str(raw["revision"]),
    )
