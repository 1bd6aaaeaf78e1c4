"""Runs the .pt twin of a dancer with torch, which is imported here alone and only when asked for."""

from pathlib import Path
from typing import Any

from export.manifest import KEY, POSE_SIZE, DancerFileError, Manifest
from realtime.engines.base import EngineState, first_shapes, renew
from realtime.frame import F32, StageError


class TorchScriptEngine:
    """One loaded module; its state stays on the device (CUDA where torch has it)."""

    def __init__(self, path: Path, device: str = "auto") -> None:
        """Load and check. device: auto, cpu or cuda. Raises StageError or DancerFileError, one line."""
        try:
            import torch
        except ImportError:
            raise StageError(
                "PyTorch is not installed: use the .onnx dancer, or run make env (README: Train your own dancer)"
            ) from None
        if not path.is_file():
            raise StageError(f"there is no dancer file {path}")
        if device == "cuda" and not torch.cuda.is_available():
            raise StageError("torch finds no CUDA device: use --engine onnx, or install a torch with CUDA")
        self._torch: Any = torch
        torch.set_num_threads(1)
        self._device = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
        extra = {f"{KEY}.json": b""}
        try:
            self._module = self._torch.jit.load(str(path), map_location=self._device, _extra_files=extra).eval()
        except Exception as err:  # a damaged archive raises RuntimeError, ValueError, EOFError, ...
            reason = " ".join(str(err).split())[:160]
            raise DancerFileError(f"{path} cannot be read as a TorchScript dancer: {reason}") from None
        text = extra[f"{KEY}.json"]
        if not text:
            raise DancerFileError(f"{path} is a network but no dancer: it has no extra file {KEY}.json")
        try:
            self.manifest = Manifest.from_json(text if isinstance(text, str) else text.decode())
            self._check()
        except DancerFileError as err:
            raise DancerFileError(f"{path} does not fit: {err}") from None
        self.provider = f"torchscript {self._device}"

    def init_state(self, batch: int) -> EngineState:
        """Zeros, and ages of -1, on the device."""
        shapes = [item for spec in self.manifest.states for item in first_shapes(spec, batch).items()]
        full = self._torch.full
        return EngineState({name: full(shape, value, device=self._device) for name, (shape, value) in shapes})

    def step(self, features: F32, beat: F32, controls: F32, noise: F32, state: EngineState) -> tuple[F32, EngineState]:
        """One frame of B dancers; shapes as in `Engine`."""
        torch = self._torch
        with torch.inference_mode():
            given = [torch.from_numpy(array).to(self._device) for array in (features, beat, controls, noise)]
            names = self.manifest.input_names[len(given) :]
            pose, *outputs = self._module(*given, *(state.tensors[name] for name in names))
            renew(state, self.manifest.states, outputs)
        result: F32 = pose.cpu().numpy()
        return result, state

    def _check(self) -> None:
        """A script has no declared shapes, so one step of two dancers must give what the manifest promises."""
        torch, manifest = self._torch, self.manifest
        sizes = (len(manifest.feature_names), len(manifest.beat_names), len(manifest.controls), manifest.noise_size)
        given = [torch.full((2, size), 0.5, device=self._device) for size in sizes]
        try:
            with torch.inference_mode():
                pose, *outputs = self._module(*given, *self.init_state(2).tensors.values())
        except Exception as err:
            reason = str(err).strip().splitlines()[-1:]
            raise DancerFileError(f"its step refuses what its metadata say ({''.join(reason)[:120]})") from None
        shapes = [tuple(output.shape) for output in (pose, *outputs)]
        wanted = [(2, POSE_SIZE)] + [
            (2, *spec.shape) if spec.kind == "carry" else (2, spec.shape[0], spec.shape[2]) for spec in manifest.states
        ]
        if shapes != wanted:
            raise DancerFileError(f"its step returns {shapes}, its metadata say {wanted}")
