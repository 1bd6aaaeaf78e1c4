"""Runs the .onnx dancer with onnxruntime: one thread, rings kept here and written in place."""

from pathlib import Path
from typing import Any

import numpy as np

from export.manifest import INPUTS, KEY, POSE_SIZE, DancerFileError, Manifest
from realtime.engines.base import EngineState, first_shapes, renew
from realtime.frame import F32, StageError

MISSING = 'onnxruntime is not installed: pip install -e ".[cpu]" (or ".[gpu]", never both)'


class OnnxEngine:
    """One loaded graph. CUDA where onnxruntime has it, else the processor."""

    def __init__(self, path: Path, device: str = "auto") -> None:
        """Load and check. device: auto, cpu or cuda. Raises StageError or DancerFileError, one line."""
        runtime = _import_runtime()
        self._session = _open(runtime, path, _providers(runtime, device))
        text = self._session.get_modelmeta().custom_metadata_map.get(KEY)
        if text is None:
            raise DancerFileError(f"{path} is a network but no dancer: its metadata have no entry {KEY!r}")
        try:
            self.manifest = Manifest.from_json(text)
            self._fixed_batch = _check_graph(self.manifest, self._session.get_inputs(), self._session.get_outputs())
        except DancerFileError as err:
            raise DancerFileError(f"{path} does not fit: {err}") from None
        self.provider = "onnxruntime " + self._session.get_providers()[0].removesuffix("ExecutionProvider").lower()
        self._outputs = list(self.manifest.output_names)

    def init_state(self, batch: int) -> EngineState:
        """Zeros, and ages of -1. Raises StageError for a graph that was built for another number of dancers."""
        if self._fixed_batch not in (None, batch):
            raise StageError(f"{self.manifest.name} is built for {self._fixed_batch} dancers, not {batch}")
        shapes = [item for spec in self.manifest.states for item in first_shapes(spec, batch).items()]
        return EngineState({name: np.full(shape, value, np.float32) for name, (shape, value) in shapes})

    def step(self, features: F32, beat: F32, controls: F32, noise: F32, state: EngineState) -> tuple[F32, EngineState]:
        """One frame of B dancers; shapes as in `Engine`."""
        feeds = dict(zip(INPUTS, (features, beat, controls, noise), strict=True)) | state.tensors
        pose, *outputs = self._session.run(self._outputs, feeds)
        renew(state, self.manifest.states, outputs)
        return pose, state


def _import_runtime() -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise StageError(MISSING) from None
    return onnxruntime


def _providers(runtime: Any, device: str) -> list[str]:
    """The providers to try, in order."""
    there = "CUDAExecutionProvider" in runtime.get_available_providers()
    if device == "cuda" and not there:
        raise StageError('this onnxruntime has no CUDA: pip install -e ".[gpu]" in its own environment')
    if device == "cpu" or not there:
        return ["CPUExecutionProvider"]
    if hasattr(runtime, "preload_dlls"):
        runtime.preload_dlls()  # the CUDA and cuDNN of the pip extras
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]


def _open(runtime: Any, path: Path, providers: list[str]) -> Any:
    """The session: one thread that sleeps between steps (a spinning one burns a core and gives p99 12 ms, measured)."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # its errors arrive as exceptions; nothing else may write on the console
    if not path.is_file():
        raise StageError(f"there is no dancer file {path}")
    try:
        return runtime.InferenceSession(str(path), options, providers=providers)
    except Exception as err:  # onnxruntime's errors share no base class of their own
        reason = " ".join(str(err).split()).rpartition(" : ")[2][:120]
        raise DancerFileError(
            f"{path} is no ONNX file, or it is cut short: copy or export it again ({reason})"
        ) from None


def _check_graph(manifest: Manifest, inputs: list[Any], outputs: list[Any]) -> int | None:
    """Hold the graph against its manifest; the batch size when it is fixed. Raises DancerFileError."""
    sizes = (len(manifest.feature_names), len(manifest.beat_names), len(manifest.controls), manifest.noise_size)
    wanted: dict[str, tuple[int, ...]] = {name: (size,) for name, size in zip(INPUTS, sizes, strict=True)}
    made: dict[str, tuple[int, ...]] = {"pose": (POSE_SIZE,)}
    for spec in manifest.states:
        wanted |= {name: shape[1:] for name, (shape, _) in first_shapes(spec, 1).items()}
        made[spec.output_name] = spec.shape if spec.kind == "carry" else (spec.shape[0], spec.shape[2])
    return _check_tensors("input", wanted, inputs) or _check_tensors("output", made, outputs)


def _check_tensors(side: str, wanted: dict[str, tuple[int, ...]], found: list[Any]) -> int | None:
    names = [tensor.name for tensor in found]
    if sorted(names) != sorted(wanted):
        odd = sorted(set(names) ^ set(wanted))[0]
        raise DancerFileError(f"{side} {odd!r} is {'missing' if odd in wanted else 'unknown'} in its graph")
    batches = set()
    for tensor in found:
        batch, *rest = tensor.shape or [None]
        same = len(rest) == len(wanted[tensor.name]) and all(
            not isinstance(have, int) or have == want for have, want in zip(rest, wanted[tensor.name], strict=True)
        )
        if tensor.type != "tensor(float)" or not same:
            want = ", ".join(map(str, wanted[tensor.name]))
            raise DancerFileError(f"{side} {tensor.name!r} is {tensor.type} {tensor.shape}, not float [B, {want}]")
        batches.add(batch if isinstance(batch, int) else None)
    return next((batch for batch in batches if batch is not None), None)
