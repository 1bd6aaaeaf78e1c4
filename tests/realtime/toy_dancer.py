"""A dancer of random weights that needs no training: it uses every input, a carry and a ring with its ages."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from audio.beat import BEAT_NAMES
from audio.config import FRAME_RATE, HOP, RATE
from audio.features import FEATURE_NAMES
from export.manifest import KEY, ControlSpec, Manifest, StateSpec
from motion.pose import POSE_SIZE, ROOT_HEIGHT, ROTATIONS
from motion.skeleton import BONES

MEMORY, HEADS, WINDOW, DEPTH, NOISE = 8, 2, 6, 5, 4
CONTROLS = (
    ControlSpec("style_calm", 0.0, 1.0, 1.0, "how calm"),
    ControlSpec("style_wild", 0.0, 1.0, 0.0, "how wild"),
    ControlSpec("energy", 0.0, 2.0, 1.0, "how big"),
)
MANIFEST = Manifest(
    name="toy",
    network="none",
    rate=RATE,
    hop=HOP,
    fps=FRAME_RATE,
    feature_names=FEATURE_NAMES,
    beat_names=BEAT_NAMES,
    controls=CONTROLS,
    noise_size=NOISE,
    states=(StateSpec("memory", "carry", (MEMORY,)), StateSpec("past", "ring", (HEADS, WINDOW, DEPTH))),
    bones=BONES,
    lead_frames=3,
    styles=("calm", "wild"),
    training_data=(),
    metrics={},
    revision="none",
)


def write(path: Path, manifest: Manifest = MANIFEST, text: str | None = None, batch: int | str = "B") -> Path:
    """Write the toy as an .onnx whose metadata are `manifest` (or the raw `text`); returns the path."""
    onnx.save(build(manifest.to_json() if text is None else text, batch), path)
    return path


def build(text: str, batch: int | str = "B") -> onnx.ModelProto:
    """The graph: pose = rest + small tanh of everything; older rows of the ring count less."""
    rng = np.random.default_rng(7)
    features, beats, controls = len(FEATURE_NAMES), len(BEAT_NAMES), len(CONTROLS)
    row = HEADS * DEPTH
    width = features + beats + controls + NOISE + MEMORY + row
    rest = np.zeros(POSE_SIZE, np.float32)
    rest[ROOT_HEIGHT] = 0.95
    rest[ROTATIONS] = np.tile([1, 0, 0, 0, 1, 0], len(BONES))
    weights = {
        "to_pose": rng.normal(0, 0.3, (width, POSE_SIZE)),
        "to_memory": rng.normal(0, 0.3, (width, MEMORY)),
        "to_row": rng.normal(0, 0.3, (width, row)),
        "rest": rest,
        "small": np.float32(0.1),
        "minus_rate": np.float32(-0.3),
        "zero": np.float32(0),
        "row_shape": np.array([-1, HEADS, DEPTH]),
        "flat_shape": np.array([-1, row]),
        "spread": np.array([1, 3]),  # age [B,W] -> [B,1,W,1]
        "slots": np.array([2]),
    }
    nodes = [
        helper.make_node("Mul", ["past_age", "minus_rate"], ["scaled_age"]),
        helper.make_node("Exp", ["scaled_age"], ["weight"]),
        helper.make_node("GreaterOrEqual", ["past_age", "zero"], ["full"]),
        helper.make_node("Where", ["full", "weight", "zero"], ["held"]),
        helper.make_node("Unsqueeze", ["held", "spread"], ["held_wide"]),
        helper.make_node("Mul", ["past", "held_wide"], ["weighted"]),
        helper.make_node("ReduceSum", ["weighted", "slots"], ["recalled"], keepdims=0),
        helper.make_node("Reshape", ["recalled", "flat_shape"], ["recalled_flat"]),
        helper.make_node(
            "Concat", ["features", "beat", "controls", "noise", "memory", "recalled_flat"], ["all"], axis=1
        ),
        helper.make_node("MatMul", ["all", "to_pose"], ["pose_raw"]),
        helper.make_node("Tanh", ["pose_raw"], ["pose_bent"]),
        helper.make_node("Mul", ["pose_bent", "small"], ["pose_small"]),
        helper.make_node("Add", ["pose_small", "rest"], ["pose"]),
        helper.make_node("MatMul", ["all", "to_memory"], ["memory_raw"]),
        helper.make_node("Tanh", ["memory_raw"], ["memory_out"]),
        helper.make_node("MatMul", ["all", "to_row"], ["row_raw"]),
        helper.make_node("Tanh", ["row_raw"], ["row_bent"]),
        helper.make_node("Reshape", ["row_bent", "row_shape"], ["past_row"]),
    ]

    def tensor(name: str, *shape: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape])

    graph = helper.make_graph(
        nodes,
        "toy",
        [
            tensor("features", features),
            tensor("beat", beats),
            tensor("controls", controls),
            tensor("noise", NOISE),
            tensor("memory", MEMORY),
            tensor("past", HEADS, WINDOW, DEPTH),
            tensor("past_age", WINDOW),
        ],
        [tensor("pose", POSE_SIZE), tensor("memory_out", MEMORY), tensor("past_row", HEADS, DEPTH)],
        [
            numpy_helper.from_array(value if value.dtype == np.int64 else value.astype(np.float32), name)
            for name, value in ((name, np.asarray(value)) for name, value in weights.items())
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {KEY: text})
    onnx.checker.check_model(model)
    return model
