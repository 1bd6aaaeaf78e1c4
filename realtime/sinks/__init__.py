"""Where poses go. A new sink is one file and one line here."""

SINKS = {
    "vmc": "realtime.sinks.vmc:VmcSink",
    "osc": "realtime.sinks.osc:OscSink",
    "bisnad": "realtime.sinks.bisnad:BisnadSink",
    "vrchat": "realtime.sinks.vrchat:VrchatSink",
    "view": "realtime.sinks.view:ViewSink",
    "web": "realtime.sinks.web:WebSink",
    "terminal": "realtime.sinks.terminal:TerminalSink",
    "bvh": "realtime.sinks.bvh:BvhSink",
    "glb": "realtime.sinks.glb:GlbSink",
    "openpose": "realtime.sinks.openpose:OpenPoseSink",
    "npz": "realtime.sinks.npz:NpzSink",
    "wav": "realtime.sinks.wav:WavSink",
    "features": "realtime.sinks.features:FeaturesSink",
    "null": "realtime.sinks.null:NullSink",
}
