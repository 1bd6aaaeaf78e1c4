"""What runs the dancer file. A new engine is one file and one line here."""

ENGINES = {
    "onnx": "realtime.engines.onnx:OnnxEngine",
    "torchscript": "realtime.engines.torchscript:TorchScriptEngine",
}
