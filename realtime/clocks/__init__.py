"""Clocks that tell the beat from outside. A new one is one file and one line here."""

CLOCKS = {
    "midi": "realtime.clocks.midi:MidiClock",
    "link": "realtime.clocks.link:LinkClock",
}
