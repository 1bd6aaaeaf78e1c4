"""A backend for mido whose one port is a cable in this process: what is sent to it comes at once to its callback."""

from mido.ports import BaseOutput

PORTS = ("Midi Through Port-0", "Cable")
open_ports = {}


def get_devices(**_):
    return [{"name": name, "is_input": True, "is_output": True} for name in PORTS]


class Input:
    def __init__(self, name=None, callback=None, **_):
        self.name, self.callback = name, callback
        open_ports[name] = self

    def close(self):
        del open_ports[self.name]


class Output(BaseOutput):
    def _send(self, message):
        open_ports[self.name].callback(message)
