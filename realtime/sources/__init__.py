"""Where sound comes from. A new source is one file and one line here."""

SOURCES = {
    "demo": "realtime.sources.demo:DemoSource",
    "file": "realtime.sources.file:FileSource",
    "mic": "realtime.sources.mic:MicSource",
    "features": "realtime.sources.features:FeaturesSource",
    "loopback": "realtime.sources.mic:LoopbackSource",
}
